package io.med3dinsight.serve;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;

/** What a server counts, in Prometheus' text format. */
final class Counters {
  /** Content type of {@link #text}. */
  static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final double NANOS = 1e9;

  private final Map<Integer, LongAdder> answers = new ConcurrentSkipListMap<>();
  private final Map<Computation, Work> work = new EnumMap<>(Computation.class);
  private final LongAdder received = new LongAdder();

  /** Good answers to one kind of request, and the time they took. */
  private record Work(LongAdder count, LongAdder nanos) {}

  Counters() {
    for (Computation task : Computation.values()) {
      work.put(task, new Work(new LongAdder(), new LongAdder()));
    }
  }

  /** Bodies that are arriving. */
  final AtomicInteger uploads = new AtomicInteger();

  void answered(int status) {
    answers.computeIfAbsent(status, s -> new LongAdder()).increment();
  }

  void received(long bytes) {
    received.add(bytes);
  }

  void done(Computation task, long took) {
    work.get(task).count().increment();
    work.get(task).nanos().add(took);
  }

  String text(IntSupplier queue) {
    StringBuilder out = new StringBuilder();
    head(out, "med3dinsight_responses_total", "counter", "Answers by status code.");
    answers.forEach(
        (status, count) -> {
          out.append("med3dinsight_responses_total{code=\"").append(status).append("\"} ");
          out.append(count.sum()).append('\n');
        });
    one(out, "med3dinsight_received_bytes_total", "counter", "Bytes of bodies.", received.sum());
    head(out, "med3dinsight_work_seconds", "summary", "Time to read, compute and write.");
    work.forEach(
        (task, w) -> {
          String label = "{request=\"" + task.word() + "\"} ";
          out.append("med3dinsight_work_seconds_sum").append(label);
          out.append(w.nanos().sum() / NANOS).append('\n');
          out.append("med3dinsight_work_seconds_count").append(label);
          out.append(w.count().sum()).append('\n');
        });
    one(out, "med3dinsight_queue_length", "gauge", "Images that wait.", queue.getAsInt());
    one(out, "med3dinsight_uploads", "gauge", "Bodies that are arriving.", uploads.get());
    Runtime java = Runtime.getRuntime();
    long used = java.totalMemory() - java.freeMemory();
    one(out, "med3dinsight_heap_used_bytes", "gauge", "Heap in use.", used);
    one(out, "med3dinsight_heap_max_bytes", "gauge", "Heap that there may be.", java.maxMemory());
    return out.toString();
  }

  private static void one(StringBuilder out, String name, String type, String help, long value) {
    head(out, name, type, help);
    out.append(name).append(' ').append(value).append('\n');
  }

  private static void head(StringBuilder out, String name, String type, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }
}
