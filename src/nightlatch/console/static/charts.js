// Every chart of the console. Data comes from the API; colours from the style sheet, so that a
// change of the system's theme redraws. Tooltips are drawn on the canvas: the usual HTML ones carry
// inline styles, which the Content-Security-Policy forbids.
const DRAW = { levels, exposure, incident };
const REFRESH = 15_000;
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const charts = new Map();

function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--nl-${name}`).trim();
  return Object.fromEntries(
    ["low", "medium", "high", "people", "refused", "ink", "faint", "line", "surface"].map(
      (name) => [name, colour(name)],
    ),
  );
}

function levels(buckets, colours) {
  const bar = (key, name) => ({
    ...bars(name, colours[key], buckets.map((bucket) => bucket[key])), stack: "requests",
  });
  return [bar("low", "Low"), bar("medium", "Medium"), bar("high", "High")];
}

function exposure(buckets, colours) {
  return [
    bars("Requests", colours.low, buckets.map(requests)),
    area("People’s records left", colours.people, buckets.map((bucket) => bucket.disclosed)),
  ];
}

function incident(buckets, colours) {
  return [
    bars("Attempts", colours.low, buckets.map(requests)),
    area("People’s records left", colours.people, buckets.map((bucket) => bucket.disclosed)),
    area("Refused", colours.refused, buckets.map((bucket) => bucket.refused)),
  ];
}

const requests = (bucket) => bucket.low + bucket.medium + bucket.high;

function bars(name, color, data) {
  return {
    name, data, type: "bar", color, barCategoryGap: "22%", barMaxWidth: 14,
    itemStyle: { borderRadius: 1.5 }, emphasis: { disabled: true },
  };
}

function area(name, color, data) {
  return {
    name, data, type: "line", color, showSymbol: false, smooth: 0.25, smoothMonotone: "x",
    lineStyle: { width: 2 }, areaStyle: { opacity: 0.1 }, emphasis: { disabled: true }, z: 3,
  };
}

function clock(seconds, long) {
  const date = new Date(seconds * 1000).toISOString();
  return long ? `${date.slice(5, 10)} ${date.slice(11, 16)}` : date.slice(11, 16);
}

function option(kind, timeline) {
  const colours = palette();
  const long = timeline.until - timeline.since > 100_000;
  const font = getComputedStyle(document.body).fontFamily;
  const text = { color: colours.faint, fontFamily: font, fontSize: 11 };
  return {
    animation: !still.matches, animationDuration: 250, textStyle: { fontFamily: font },
    grid: { left: 4, right: 10, top: 34, bottom: 0, containLabel: true },
    legend: {
      top: 0, left: 0, icon: "roundRect", itemWidth: 9, itemHeight: 9, itemGap: 18,
      textStyle: { ...text, fontSize: 12 }, inactiveColor: colours.line,
    },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: colours.surface,
      borderColor: colours.line, borderWidth: 1, padding: [8, 12],
      textStyle: { color: colours.ink, fontFamily: font, fontSize: 12 },
      axisPointer: { type: "line", lineStyle: { color: colours.faint, type: "dotted" } },
    },
    xAxis: {
      type: "category", data: timeline.buckets.map((bucket) => clock(bucket.at, long)),
      axisLabel: { ...text, hideOverlap: true, margin: 10 }, axisTick: { show: false },
      axisLine: { lineStyle: { color: colours.line } },
    },
    yAxis: {
      type: "value", minInterval: 1, splitNumber: 4, axisLabel: text,
      splitLine: { lineStyle: { color: colours.line, opacity: 0.6 } },
    },
    // A line that lies on the ground says nothing.
    series: DRAW[kind](timeline.buckets, colours).filter(
      (one, index) => index === 0 || one.data.some((value) => value > 0),
    ),
  };
}

async function draw(place) {
  const answer = await fetch(place.dataset.source, { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  const timeline = await answer.json();
  let chart = charts.get(place);
  if (!chart) {
    chart = window.echarts.init(place, null, { renderer: "canvas" });
    charts.set(place, chart);
    new ResizeObserver(() => chart.resize()).observe(place);
  }
  chart.setOption(option(place.dataset.chart, timeline), { replaceMerge: ["series"] });
  place.dataset.drawn = "";
}

function drawAll() {
  for (const place of document.querySelectorAll("[data-chart]")) draw(place);
}

dark.addEventListener("change", drawAll);
setInterval(() => document.hidden || drawAll(), REFRESH);
drawAll();
