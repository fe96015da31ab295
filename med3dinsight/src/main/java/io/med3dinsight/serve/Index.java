package io.med3dinsight.serve;

import io.med3dinsight.Med3DInsight;
import io.med3dinsight.report.Build;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a server says of itself. */
final class Index {
  private static final String BODY =
      "an image: NIfTI (.nii, .nii.gz), NRRD, .npy, a DICOM file, or a zip of a DICOM series;"
          + " recognised by its content";

  private static final String CHANNELS =
      "; its channels as frames of one file, or a zip of a NIfTI or NRRD file for each, numbered"
          + " CASE_0000, CASE_0001 and so on";

  private Index() {}

  /** The model that is served. */
  static Map<String, Object> model(Med3DInsight model) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("kind", model.kind().word());
    all.put("model", model.dataset());
    all.put("modality", model.modality());
    all.put("channels", model.channels());
    all.put("labels", model.labels());
    return all;
  }

  /** The requests that are understood, what each is answered with, and the limits. */
  static Map<String, Object> of(Med3DInsight model, ServeOptions options) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("program", "Med3DInsight " + Build.current().version());
    all.put("serves", model(model));
    List<Map<String, String>> requests = new ArrayList<>();
    String body = model.channels() == 1 ? BODY : BODY + CHANNELS;
    for (Computation task : Computation.of(model)) {
      requests.add(
          Map.of("method", "POST", "path", task.path(), "body", body, "answer", task.answer()));
    }
    requests.add(get("/", "this list"));
    requests.add(get("/health", "JSON: status and model"));
    requests.add(get("/metrics", "counters in Prometheus' text format"));
    all.put("requests", requests);
    Map<String, Object> limits = new LinkedHashMap<>();
    limits.put("bytes", options.maxBytes());
    limits.put("voxels", options.maxVoxels());
    limits.put("waiting", options.queue());
    limits.put("uploads", options.uploads());
    limits.put("receive_seconds", options.patience().toMillis() / 1000.0);
    all.put("limits", limits);
    Map<String, String> errors = new LinkedHashMap<>();
    errors.put("400", "the body is no image that can be used");
    errors.put("401", "the token is missing or wrong");
    errors.put("403", "without a token only this machine's programs are answered");
    errors.put("404", "no such address, or this model does something else");
    errors.put("405", "the address takes another method");
    errors.put("408", "the body did not arrive in time");
    errors.put("413", "the body or the image is too large");
    errors.put("500", "the server failed or has too little memory");
    errors.put("503", "too many wait: try again after Retry-After seconds");
    all.put("errors", errors);
    all.put("error_body", "JSON {\"error\": one sentence}");
    return all;
  }

  private static Map<String, String> get(String path, String answer) {
    return Map.of("method", "GET", "path", path, "answer", answer);
  }
}
