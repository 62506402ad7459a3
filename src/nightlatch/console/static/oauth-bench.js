// A collection's file is read here, so that it goes up as text like every other form.
const file = document.querySelector("[data-collection]");

async function open() {
  if (!file.files.length) return;
  const form = file.form;
  form.elements.collection.value = await file.files[0].text();
  form.requestSubmit();
}

file?.addEventListener("change", open);
// It may have been chosen before this was there to see it.
if (file) open();
