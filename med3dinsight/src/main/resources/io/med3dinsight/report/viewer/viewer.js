// The viewer of a run's report: shows the cases that the page carries with NiiVue.
(function () {
  "use strict";
  const root = document.getElementById("viewer");
  const cases = JSON.parse(document.getElementById("viewer-data").textContent);
  const find = (name) => document.getElementById("viewer-" + name);
  const planes = ["sagittal", "coronal", "axial"];
  // Whether a page is ready, and which voxel it shows, for whoever drives it from outside.
  const state = (name) => root.setAttribute("data-state", name);
  let viewer;
  let shown;

  function rgb(colors, tint) {
    const channel = (at) =>
      [0].concat(colors.map((c) => {
        const value = parseInt(c.substring(at, at + 2), 16);
        return tint ? (value + 255) / 2 : value;
      }));
    return { R: channel(1), G: channel(3), B: channel(5) };
  }

  function lookup(structures, tint) {
    const table = rgb(structures.map((s) => s.color), tint);
    table.I = [0].concat(structures.map((s) => s.label));
    table.A = table.I.map((label) => (label === 0 ? 0 : 255));
    table.labels = ["background"].concat(structures.map((s) => s.name));
    return table;
  }

  async function add(base64, name, labels) {
    const options = { base64: base64, name: name + ".nii.gz", colormap: "gray", opacity: labels ? 0 : 1 };
    if (!labels) {
      options.cal_min = 0;
      options.cal_max = 255;
    }
    const image = await niivue.NVImage.loadFromBase64(options);
    if (labels) {
      image.setColormapLabel(labels);
    }
    viewer.addVolume(image);
  }

  async function show(number) {
    state("loading");
    shown = cases[number];
    while (viewer.volumes.length > 0) {
      viewer.removeVolumeByIndex(viewer.volumes.length - 1);
    }
    await add(shown.image, shown.id, null);
    await add(shown.prediction, shown.id + "-prediction", lookup(shown.structures, false));
    await add(shown.reference, shown.id + "-reference", lookup(shown.structures, true));
    const dims = viewer.volumes[0].dimsRAS;
    planes.forEach((plane, axis) => {
      find(plane).max = dims[axis + 1] - 1;
    });
    find("note").textContent = shown.note;
    opacities();
    place(shown.start);
    state("ready");
  }

  function opacities() {
    const strength = Number(find("strength").value);
    viewer.setOpacity(1, find("prediction").checked ? strength : 0);
    viewer.setOpacity(2, find("reference").checked ? strength : 0);
  }

  function place(frac) {
    viewer.scene.crosshairPos = Float32Array.from(frac);
    viewer.createOnLocationChange();
    viewer.drawScene();
  }

  function moved() {
    const dims = viewer.volumes[0].dimsRAS;
    place(planes.map((plane, axis) => (Number(find(plane).value) + 0.5) / dims[axis + 1]));
  }

  function nameOf(value) {
    const found = shown.structures.find((s) => s.label === Math.round(value));
    return found ? found.name : "background";
  }

  function located(location) {
    const dims = viewer.volumes[0].dimsRAS;
    const slices = planes.map((plane, axis) => {
      const last = dims[axis + 1] - 1;
      const slice = Math.min(last, Math.max(0, Math.floor(location.frac[axis] * dims[axis + 1])));
      find(plane).value = slice;
      find(plane + "-at").textContent = slice + 1 + " of " + (last + 1);
      return slice;
    });
    root.setAttribute("data-slices", slices.join(","));
    if (location.values.length === 3) {
      find("place").textContent =
        "x " + location.mm[0].toFixed(1) + ", y " + location.mm[1].toFixed(1) + ", z " +
        location.mm[2].toFixed(1) + " mm: prediction " + nameOf(location.values[1].value) +
        ", reference " + nameOf(location.values[2].value);
    }
  }

  function legend() {
    const list = find("legend");
    cases[0].structures.forEach((s) => {
      const item = document.createElement("span");
      const swatch = document.createElement("i");
      swatch.style.background = s.color;
      item.appendChild(swatch);
      item.appendChild(document.createTextNode(s.name));
      list.appendChild(item);
    });
  }

  async function start() {
    const canvas = find("canvas");
    if (!document.createElement("canvas").getContext("webgl2")) {
      state("no webgl2");
      find("place").textContent =
        "This browser has no WebGL 2, which the viewer needs; the pictures above show the same cases.";
      return;
    }
    viewer = new niivue.Niivue({
      logLevel: "error",
      backColor: [0.06, 0.065, 0.075, 1],
      crosshairColor: [0.62, 0.8, 0.95, 1],
      crosshairWidth: 0.3,
      crosshairGap: 5,
      fontColor: [1, 1, 1, 1],
      fontMinPx: 15,
      isCornerOrientationText: true,
      dragAndDropEnabled: false,
      isRadiologicalConvention: false,
      multiplanarShowRender: niivue.SHOW_RENDER.NEVER,
      multiplanarLayout: niivue.MULTIPLANAR_TYPE.ROW,
      multiplanarPadPixels: 8,
      loadingText: ""
    });
    viewer.onLocationChange = located;
    await viewer.attachToCanvas(canvas);
    viewer.setSliceType(niivue.SLICE_TYPE.MULTIPLANAR);
    legend();
    const choice = find("case");
    choice.addEventListener("change", () => show(choice.selectedIndex).catch(failed));
    ["prediction", "reference", "strength"].forEach((name) =>
      find(name).addEventListener("input", opacities));
    planes.forEach((plane) => find(plane).addEventListener("input", moved));
    await show(0);
  }

  function failed(error) {
    state("failed");
    find("place").textContent = "The viewer could not be started: " + error.message;
    console.error(error);
  }

  start().catch(failed);
})();
