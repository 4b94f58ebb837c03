#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// check.cjs DIR TREE
//
// Looks at the manifests in Documentation/kubernetes of TREE, with the packages
// of package-lock.json that are below DIR.  Prints PASS or FAIL for each, with
// what is wrong before it, set off.

"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");

const [dir, tree] = process.argv.slice(2).map((arg) => path.resolve(arg));
const folder = path.join(tree, "Documentation/kubernetes");
const load = createRequire(path.join(dir, "package.json"));
const yaml = load("js-yaml");
const linter = load("dockerfile-utils");

// The schemas of the API, by apiVersion and kind.
const SCHEMAS = {
  "v1 Namespace": "kubernetes-models/_schemas/IoK8sApiCoreV1Namespace.js",
  "v1 ServiceAccount":
    "kubernetes-models/_schemas/IoK8sApiCoreV1ServiceAccount.js",
  "apps/v1 DaemonSet": "kubernetes-models/_schemas/IoK8sApiAppsV1DaemonSet.js",
  "monitoring.coreos.com/v1 PodMonitor":
    "@kubernetes-models/prometheus-operator/_schemas/" +
    "MonitoringCoreosComV1PodMonitor.js",
};

let failed = false;

function result(name, complaints) {
  for (const complaint of complaints) {
    console.log(`    ${complaint}`);
  }
  console.log(`${complaints.length ? "FAIL" : "PASS"} ${name}`);
  failed ||= complaints.length > 0;
}

// The schemas allow for members that they do not know, as those of newer
// releases.  What no validator asked for is such a one: a typing error.
function spy(value, where, unknown) {
  if (value === null || typeof value !== "object") {
    return value;
  }
  const asked = new Set();
  const copy = Array.isArray(value) ? [] : {};
  for (const key of Object.keys(value)) {
    copy[key] = spy(value[key], `${where}/${key}`, unknown);
  }
  unknown.push(() =>
    Object.keys(copy)
      .filter((key) => !Array.isArray(copy) && !asked.has(key))
      .map((key) => `${where}/${key}: the schema has no such member`),
  );
  return new Proxy(copy, {
    get(target, key) {
      asked.add(key);
      return target[key];
    },
  });
}

function validate(object) {
  const name = `${object.apiVersion} ${object.kind}`;
  if (!SCHEMAS[name]) {
    return [`${name}: not known to this test`];
  }
  const schema = load(path.join(dir, "node_modules", SCHEMAS[name]));
  const unknown = [];
  const watched = spy(object, "", unknown);
  const complaints = schema.validate(watched)
    ? []
    : schema.validate.errors.map(
        (e) =>
          `${e.instancePath}: ${e.keyword} ${JSON.stringify(e.params)}`,
      );
  return complaints
    .concat(unknown.flatMap((ask) => ask()))
    .map((complaint) => `${name} ${complaint}`);
}

function read(...names) {
  const file = path.join(folder, ...names);
  return yaml.loadAll(fs.readFileSync(file, "utf8"));
}

// JSON Patch, as far as the variants use it.
function patch(object, operations) {
  for (const { op, path: pointer, value } of operations) {
    const keys = pointer.slice(1).split("/");
    const last = keys.pop();
    const at = keys.reduce((o, key) => o[key], object);
    if (at === undefined) {
      throw new Error(`nothing at ${pointer}`);
    } else if (op === "add" && Array.isArray(at) && last === "-") {
      at.push(value);
    } else if (op === "add" && !Array.isArray(at) && !(last in at)) {
      at[last] = value;
    } else if (op === "replace" && last in at) {
      at[last] = value;
    } else if (op === "remove" && !Array.isArray(at) && last in at) {
      delete at[last];
    } else if (op !== "test" || at[last] !== value) {
      throw new Error(`${op} ${pointer} cannot be done`);
    }
  }
  return object;
}

// What the schemas do not say.
function sense(set) {
  const pod = set.spec.template.spec;
  const [container] = pod.containers;
  const volumes = new Set(pod.volumes.map((volume) => volume.name));
  const mounts = container.volumeMounts.map((mount) => mount.name);
  const labels = set.spec.template.metadata.labels;
  const security = container.securityContext;
  const complaints = [];
  const want = (holds, what) => holds || complaints.push(what);

  want(
    Object.entries(set.spec.selector.matchLabels).every(
      ([key, value]) => labels[key] === value,
    ),
    "the selector does not select the pods",
  );
  want(
    mounts.every((name) => volumes.has(name)) &&
      new Set(mounts).size === volumes.size,
    "volumes and mounts differ",
  );
  want(
    JSON.stringify(security.capabilities) ===
      '{"drop":["ALL"],"add":["NET_ADMIN","DAC_OVERRIDE"]}' &&
      security.privileged === false &&
      security.allowPrivilegeEscalation === false &&
      security.readOnlyRootFilesystem === true,
    "more privileges than needed",
  );
  want(
    pod.securityContext.seccompProfile.type === "RuntimeDefault",
    "no seccomp profile",
  );
  for (const name of ["startupProbe", "livenessProbe", "readinessProbe"]) {
    const { exec, httpGet, timeoutSeconds } = container[name];
    const ports = container.ports ?? [];
    want(!exec !== !httpGet, `${name} does not ask in one way`);
    want(
      !httpGet || ports.some((port) => port.name === httpGet.port),
      `${name} asks at a port that is not there`,
    );
    // A second, if it is not told.
    want(timeoutSeconds > 5, `${name} takes a busy node for a dead one`);
  }
  want(
    pod.automountServiceAccountToken === false,
    "has a token that it does not need",
  );
  return complaints;
}

// A component, which kustomize puts on top of whatever has the DaemonSet: a patch
// of that, and files of its own.  It must not name a folder above its own, which
// kustomize takes for a cycle.
function component(set, name) {
  const { kind, apiVersion, resources, patches } = read(
    name,
    "kustomization.yaml",
  )[0];
  if (
    `${apiVersion} ${kind}` !==
      "kustomize.config.k8s.io/v1alpha1 Component" ||
    patches.length !== 1 ||
    (resources ?? []).some((file) => file.includes(".."))
  ) {
    throw new Error(`${name} is not a component with one patch`);
  }
  patch(set, read(name, patches[0].path)[0]);
  return (resources ?? []).flatMap((file) => read(name, file));
}

// The DaemonSet with components, in this order.
function components(set, names) {
  const patched = structuredClone(set);
  try {
    const others = names.flatMap((name) => component(patched, name));
    return [
      ...validate(patched),
      ...sense(patched),
      ...others.flatMap(validate),
    ];
  } catch (error) {
    return [error.message];
  }
}

// Absolute names in the daemon's sources that no mount of the container has to
// bring, each with the reason.
const OWN = {
  "/proc": "the container's own, and of all processes by hostPID",
  "/sys": "the container's own, if nothing is to be written there",
  "/dev": "the container's own; the host's is not there, as the page says",
  "/etc/modules-load.d": "only spoken of, in advice",
};
// By libopenvswitch, and by a macro.
const ELSEWHERE = ["/run/openvswitch", "/var/lib/ovs-offload"];
// Of what only changes the node, and so only in policies/.
const CHANGES = [
  "/etc/systemd/system",
  "/usr/lib/systemd/system",
  "/etc/sriov-operator",
];

function sources() {
  return ["controller", "netlink", "ovsdb"].flatMap((name) =>
    fs
      .readdirSync(path.join(tree, name), { recursive: true })
      .filter((file) => /\.[ch]$/.test(file))
      .map((file) => fs.readFileSync(path.join(tree, name, file), "utf8")),
  );
}

// below NAME DIRECTORY: whether that is it, or in there.
function below(name, directory) {
  return name === directory || name.startsWith(`${directory}/`);
}

// Absolute names in string literals; ":" is between several.
function names() {
  const code = sources()
    .join("\n")
    .replace(/\/\*[^]*?\*\//g, "");
  return new Set(
    [...code.matchAll(/"(\/[a-z][^" ]*)"/g)]
      .flatMap((match) => match[1].split(":"))
      .map((name) => name.replace(/^\/var\/run\//, "/run/"))
      .filter((name) => /^\/(dev|etc|lib|opt|proc|run|sys|usr|var)\b/.test(name))
      .concat(ELSEWHERE),
  );
}

// What the daemon opens is mounted, and nothing else.
function mounts(set) {
  const opened = [...names()];
  const full = structuredClone(set);
  component(full, "policies");
  const of = (object) =>
    object.spec.template.spec.containers[0].volumeMounts.map(
      (mount) => mount.mountPath,
    );
  const has = (object, name) => of(object).some((mount) => below(name, mount));
  return [
    ...opened
      .filter((name) => !Object.keys(OWN).some((own) => below(name, own)))
      .filter(
        (name) =>
          !has(full, name) ||
          (!has(set, name) && !CHANGES.some((own) => below(name, own))),
      )
      .map((name) => `${name} is in the sources, and not mounted`),
    ...of(full)
      .filter((mount) => !opened.some((name) => below(name, mount)))
      .map((mount) => `${mount} is mounted, and not in the sources`),
  ];
}

// That the test sees what is wrong.
function spoiled(set) {
  const complaints = [];
  const expect = (what, spoil) => {
    const bad = structuredClone(set);
    spoil(bad.spec.template.spec);
    if (![...validate(bad), ...sense(bad)].length) {
      complaints.push(`not seen: ${what}`);
    }
  };
  expect("a type", (pod) => (pod.hostNetwork = "yes"));
  expect("an unknown member", (pod) => (pod.hostNetworks = true));
  expect("a member far below", (pod) => {
    pod.containers[0].livenessProbe.exec.cmd = ["true"];
  });
  expect("what is required", (pod) => delete pod.containers[0].name);
  expect("a value", (pod) => (pod.restartPolicy = "Perhaps"));
  expect("a volume", (pod) => pod.volumes.pop());
  expect("a probe", (pod) => {
    delete pod.containers[0].startupProbe.timeoutSeconds;
  });
  expect("privileges", (pod) => {
    pod.containers[0].securityContext.privileged = true;
  });
  return complaints;
}

for (const file of read("kustomization.yaml")[0].resources) {
  for (const object of read(file)) {
    result(`${file}, ${object.kind}`, validate(object));
  }
}
const set = read("daemonset.yaml").find((o) => o.kind === "DaemonSet");
result("daemonset.yaml, what no schema says", sense(set));
for (const names of [
  ["metrics"],
  ["policies"],
  ["metrics", "policies"],
  ["policies", "metrics"],
]) {
  result(`with ${names.join(", ")}`, components(set, names));
}
result("what is opened is mounted", mounts(set));
result("the test sees mistakes", spoiled(set));
result(
  "Containerfile, by dockerfile-utils",
  linter
    .validate(fs.readFileSync(path.join(folder, "Containerfile"), "utf8"))
    .map((d) => `line ${d.range.start.line + 1}: ${d.message}`),
);
process.exit(failed ? 1 : 0);
