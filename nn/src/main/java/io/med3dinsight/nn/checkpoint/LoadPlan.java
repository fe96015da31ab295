package io.med3dinsight.nn.checkpoint;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.Module;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which tensor of a file goes where; nothing is copied before everything is known. */
final class LoadPlan {
  private final TensorSource source;
  private final Map<String, Module.State> targets = new LinkedHashMap<>();
  private final LoadReport report;

  private LoadPlan(Module module, TensorSource source, Renaming renaming) {
    this.source = source;
    // By common spelling, the file's name.
    Map<String, String> stored = new HashMap<>();
    for (String name : source.names()) {
      String here = renaming.apply(name);
      if (here != null) {
        stored.putIfAbsent(here, name);
      }
    }
    List<String> matched = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    List<String> repeated = new ArrayList<>();
    Set<String> used = new HashSet<>();
    module
        .namedState()
        .forEach(
            (name, s) -> {
              String from = stored.get(Renaming.common(name));
              Shape shape = s.layout().torchShape(s.tensor().shape());
              used.add(from);
              if (from == null) {
                missing.add(name);
              } else if (repeats(from, s, shape)) {
                repeated.add(name + " " + source.shape(from) + " to " + shape);
                targets.put(from, s);
              } else if (!source.shape(from).equals(shape) || !source.floating(from)) {
                wrong.add(name + " " + source.shape(from) + " instead of " + shape);
              } else {
                matched.add(name);
                targets.put(from, s);
              }
            });
    module
        .namedConstants()
        .forEach(
            (name, t) -> {
              String from = stored.get(Renaming.common(name));
              used.add(from);
              if (from != null && !equal(from, t)) {
                wrong.add(name + " with other values than this network's shape gives");
              }
            });
    List<String> unexpected = new ArrayList<>();
    for (String name : source.names()) {
      // Names with a slash are sections of this project's own checkpoints.
      if (!used.contains(name) && !name.contains("/")) {
        unexpected.add(name);
      }
    }
    report = new LoadReport(matched, missing, unexpected, wrong, repeated, renaming.describe());
  }

  static LoadPlan of(Module module, TensorSource source, Renaming renaming) {
    return new LoadPlan(module, source, renaming);
  }

  /**
   * Whether a kernel reads one channel in the file and several here, and is the same otherwise: the
   * first layer of a network for images of more channels.
   */
  private boolean repeats(String from, Module.State s, Shape shape) {
    int[] stored = source.shape(from).toArray();
    int[] wanted = shape.toArray();
    if (s.layout() != Layout.CONV3D
        || !source.floating(from)
        || stored.length != wanted.length
        || stored[1] != 1
        || wanted[1] == 1) {
      return false;
    }
    stored[1] = wanted[1];
    return Arrays.equals(stored, wanted);
  }

  private boolean equal(String from, Tensor constant) {
    if (source.floating(from) || !source.shape(from).equals(constant.shape())) {
      return false;
    }
    long[] here = Arrays.stream(constant.toInts()).asLongStream().toArray();
    return Arrays.equals(here, source.longs(from));
  }

  LoadReport report() {
    return report;
  }

  /**
   * A kernel for one channel as one for several: w_c = w / C for each of the C channels, so that
   * channels that all show the same image give what the one channel gave.
   *
   * @param values [outputs, 1, kernel]
   * @return [outputs, channels, kernel]
   */
  private static float[] repeated(float[] values, int outputs, int channels) {
    int kernel = values.length / outputs;
    float[] out = new float[outputs * channels * kernel];
    for (int o = 0; o < outputs; o++) {
      for (int c = 0; c < channels; c++) {
        for (int k = 0; k < kernel; k++) {
          out[(o * channels + c) * kernel + k] = values[o * kernel + k] / channels;
        }
      }
    }
    return out;
  }

  /** Copies what matches. */
  void copy() {
    targets.forEach(
        (from, s) -> {
          Tensor t = s.tensor();
          float[] values = source.floats(from);
          int[] wanted = s.layout().torchShape(t.shape()).toArray();
          if (values.length != t.shape().size()) {
            values = repeated(values, wanted[0], wanted[1]);
          }
          t.copyFrom(s.layout().fromTorch(values, t.shape()));
        });
  }
}
