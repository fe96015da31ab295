package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.inference.Segmentation;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Segments one image after the other. While one is computed, the next is read and the previous
 * label map is written, so that never more than two images and two results are in memory.
 */
final class Prediction {
  private final Segmenter segmenter;
  private final List<PredictFile> files;
  private final Io io;
  private final Progress progress;
  private final BooleanSupplier stop;

  /** True when the caller named a single image, whose failure is then the command's. */
  private final boolean single;

  private final long begin = System.nanoTime();
  private int written;
  private PredictFile beingWritten;
  private Future<String> writing;

  /** Where images come from and results go. */
  interface Io {
    /** The channels of a scan. */
    List<Volume> read(PredictFile file);

    /** Writes the label map, and the probabilities where there are some. */
    void write(PredictFile file, Segmentation found);

    /** Files, as the user names them. */
    static Io files(ReadOptions options, SegmentationPlan plan) {
      return new Io() {
        @Override
        public List<Volume> read(PredictFile file) {
          List<Volume> channels =
              Channels.read(file.images(), options, plan.channels(), plan.wantedChannels());
          channels.forEach(Volume::requireFinite);
          return channels;
        }

        @Override
        public void write(PredictFile file, Segmentation found) {
          found.labels().write(file.labels());
          // One map is in memory at a time.
          for (int c = 0; c < found.probabilities().classes(); c++) {
            found.probabilities().map(c).write(file.probability(c));
          }
        }
      };
    }
  }

  /** The channels of an image, and the seconds that reading them took. */
  private record Read(List<Volume> channels, double seconds) {}

  Prediction(
      Segmenter segmenter,
      List<PredictFile> files,
      Progress progress,
      BooleanSupplier stop,
      boolean single,
      Io io) {
    this.segmenter = segmenter;
    this.files = files;
    this.progress = progress;
    this.stop = stop;
    this.io = io;
    this.single = single;
  }

  /**
   * Segments until all images are done or the user stops.
   *
   * @return the number of label maps written
   * @throws DataException when the only image cannot be segmented
   */
  int run() {
    ExecutorService reader = thread("predict-read");
    ExecutorService writer = thread("predict-write");
    try {
      Future<Read> next = reader.submit(reading(0));
      for (int i = 0; i < files.size() && !stop.getAsBoolean(); i++) {
        Future<Read> present = next;
        next = i + 1 < files.size() ? reader.submit(reading(i + 1)) : null;
        Callable<String> write = segment(i, present);
        awaitWriting();
        if (write != null) {
          beingWritten = files.get(i);
          writing = writer.submit(write);
        }
      }
    } catch (CancellationException e) {
      progress.say(e.getMessage() + ".");
    } finally {
      reader.shutdownNow();
      writer.shutdown();
      awaitWriting();
    }
    return written;
  }

  /** What writes the case's results; null when it cannot be segmented, which is then reported. */
  private Callable<String> segment(int index, Future<Read> volume) {
    PredictFile file = files.get(index);
    try {
      Read read = result(volume);
      Path folder = file.labels().toAbsolutePath().getParent();
      Segmentation found = segmenter.run(read.channels(), folder, new CaseProgress(index), stop);
      // The image itself is not needed any more, and must not be kept until it is written.
      double seconds = read.seconds();
      return () -> write(file, found, seconds);
    } catch (DataException e) {
      report(file, e);
      return null;
    }
  }

  private Callable<Read> reading(int index) {
    return () -> {
      long begin = System.nanoTime();
      List<Volume> channels = io.read(files.get(index));
      return new Read(channels, seconds(begin));
    };
  }

  /** Writes the results; returns a line that says where the time went. */
  private String write(PredictFile file, Segmentation found, double read) {
    long begin = System.nanoTime();
    try (found) {
      io.write(file, found);
    }
    Segmentation.Times t = found.times();
    return String.format(
        Locale.ROOT,
        "%s: read %.2f s, prepared %.2f s, network %.2f s, restored %.2f s, written %.2f s",
        file.name(),
        read,
        t.prepare(),
        t.network(),
        t.restore(),
        seconds(begin));
  }

  private static double seconds(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }

  private void awaitWriting() {
    if (writing == null) {
      return;
    }
    Future<String> last = writing;
    writing = null;
    try {
      progress.say(result(last));
      written++;
    } catch (DataException e) {
      report(beingWritten, e);
    }
  }

  private void report(PredictFile file, DataException e) {
    if (single) {
      throw e;
    }
    progress.say(file.name() + " was not segmented: " + e.getMessage());
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new IllegalStateException("a background task failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("Interrupted");
    }
  }

  private static ExecutorService thread(String name) {
    return Executors.newSingleThreadExecutor(
        body -> {
          Thread t = new Thread(body, name);
          // A reader that hangs on a network disk must not keep a stopped program alive.
          t.setDaemon(true);
          return t;
        });
  }

  /** Shows a case's windows, with its number and the time left for all cases. */
  private final class CaseProgress implements Progress {
    private final int index;

    CaseProgress(int index) {
      this.index = index;
    }

    @Override
    public Task start(String name, long total, String unit) {
      int n = files.size();
      Task task = progress.start(n == 1 ? name : index + 1 + "/" + n + " " + name, total, unit);
      if (index > 0) {
        long each = (System.nanoTime() - begin) / index;
        task.message("about " + time(each * (n - index)) + " left for all");
      }
      return task;
    }

    @Override
    public void say(String line) {
      progress.say(line);
    }
  }

  private static String time(long nanos) {
    Duration d = Duration.ofSeconds(TimeUnit.NANOSECONDS.toSeconds(nanos));
    return d.toHours() > 0
        ? String.format(Locale.ROOT, "%d h %d min", d.toHours(), d.toMinutesPart())
        : String.format(Locale.ROOT, "%d min %d s", d.toMinutes(), d.toSecondsPart());
  }
}
