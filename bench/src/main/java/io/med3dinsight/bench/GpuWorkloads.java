package io.med3dinsight.bench;

import io.med3dinsight.engine.function.Transport;
import java.util.ArrayList;
import java.util.List;

/** The {@link Workloads} and the same at sizes that fill a GPU. */
public final class GpuWorkloads {
  /** Computed in single precision whatever the device's arithmetic. */
  public static final String TRANSPORT = "transport-256";

  private GpuWorkloads() {}

  /** A workload and the least that it has to move and compute. */
  public record Row(Workload workload, long forwardElements, long backwardElements) {
    /** Whether bytes, not operations, bound it. */
    public boolean memoryBound() {
      return forwardElements > 0;
    }
  }

  /** All rows. */
  public static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (Workload w : Workloads.all()) {
      if (!w.name().equals("conv-1-32-input-gradient")) {
        rows.add(row(w));
      }
    }
    rows.add(row(Workloads.matmul("matmul-8192", 8192, 8192, 8192)));
    rows.add(row(Workloads.conv("conv-32-32-128", 2, 128, 32, 32, true)));
    rows.add(row(Workloads.instanceNorm("instance-norm-128", 128)));
    rows.add(row(Workloads.layerNorm("layer-norm-65536", 65536)));
    rows.add(row(Workloads.gelu("gelu-65536", 65536)));
    rows.add(row(Workloads.softmax("softmax-192", 192, 1024)));
    rows.add(row(Workloads.attention("attention-4096", 4096)));
    Workload t = Workloads.transport(256, Transport.TOLERANCE);
    rows.add(
        new Row(new Workload(TRANSPORT, t.title(), t.output(), t.inputs(), t.function()), 0, 0));
    return rows;
  }

  /** A few at sizes that the simulator computes in moments, to try the measuring itself. */
  public static List<Row> tiny() {
    return List.of(
        row(Workloads.matmul("tiny-matmul", 32, 16, 48)),
        row(Workloads.conv("tiny-conv", 1, 6, 4, 8, true)),
        row(Workloads.instanceNorm("instance-norm-4", 4)),
        row(Workloads.layerNorm("layer-norm-2", 2)),
        row(Workloads.gelu("gelu-2", 2)),
        row(Workloads.softmax("softmax-1", 1, 32)),
        row(Workloads.attention("tiny-attention", 16)));
  }

  /** Elements that cannot but be read or written, in units of the first input's size. */
  private static Row row(Workload w) {
    long n = 1;
    for (int e : w.inputs().get(0).extents()) {
      n *= e;
    }
    String family = w.name().replaceFirst("-\\d+$", "");
    return switch (family) {
      // Forward: x and y. Gradient: x, its gradient and that of y.
      case "gelu", "layer-norm", "softmax" -> new Row(w, 2 * n, 2 * n + 3 * n);
      // The statistics need a pass of their own over what does not fit on the chip.
      case "instance-norm" -> new Row(w, 3 * n, 3 * n + 5 * n);
      default -> new Row(w, 0, 0);
    };
  }
}
