// An Express application with one of Treblle's own SDKs: node node_app.js WHICH PORT TOKEN TLS_PORT
const https = require("https");
const [which, port, token, tlsPort] = process.argv.slice(2);

// The SDKs' hosts are hard-coded. Their names lead to our port instead, as an entry in the hosts
// file would have it; the certificate is verified under the name that was asked for.
const connect = https.globalAgent.createConnection;
https.globalAgent.createConnection = function (options, callback) {
  const here = { ...options, host: "127.0.0.1", port: Number(tlsPort), servername: options.host };
  return connect.call(this, here, callback);
};

const express = require("express");
const app = express();
app.use(express.json());
const masked = ["authorization", "username"];
if (which === "treblle") {
  require("treblle").useTreblle(app, {
    apiKey: token, projectId: "shop-api", additionalFieldsToMask: masked, showErrors: true,
  });
} else {
  app.use(require("@treblle/express")({
    apiKey: token, projectId: "shop-api", additionalFieldsToMask: masked,
  }));
}
app.get("/v1/users/:phone/status", (req, res) => {
  setTimeout(() => res.json({ phone: req.params.phone, registered: true }), 50);
});
app.post("/v1/login", (req, res) => res.status(401).json({ error: "no" }));
app.get("/v1/page", (req, res) => res.send("<h1>home</h1>"));
app.get("/v1/fails", () => { throw new Error("nobody catches this"); });
app.listen(Number(port), "127.0.0.1");
