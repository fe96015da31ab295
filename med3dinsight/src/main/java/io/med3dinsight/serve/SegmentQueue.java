package io.med3dinsight.serve;

import io.med3dinsight.DataException;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.ImageInfo;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Segments one image at a time, with all threads of the device; a bounded number waits. */
final class SegmentQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentQueue.class);
  private static final String BUSY = "Too many images wait already; try again in a moment.";
  private static final String STOPPING = "The server is stopping.";

  private final Segmenter segmenter;
  private final ServeOptions options;
  private final Counters counters;
  private final Answers answers;
  private final ThreadPoolExecutor worker;
  private volatile boolean closed;

  SegmentQueue(Segmenter segmenter, ServeOptions options, Counters counters, Answers answers) {
    this.segmenter = segmenter;
    this.options = options;
    this.counters = counters;
    this.answers = answers;
    worker =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(options.queue()),
            body -> {
              Thread thread = new Thread(body, "serve-segment");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Images that wait. */
  int length() {
    return worker.getQueue().size();
  }

  /** Whether another image would be refused now. */
  boolean isFull() {
    return worker.getQueue().remainingCapacity() == 0;
  }

  /** Answers with an image's labels, in its turn; deletes the file. */
  void submit(Path image, Response response, Callback callback) {
    try {
      worker.execute(() -> answer(image, response, callback));
    } catch (RejectedExecutionException e) {
      Answers.delete(image);
      answers.error(response, 503, refusal(), callback);
    }
  }

  /** Why an image is not taken now. */
  String refusal() {
    return closed ? STOPPING : BUSY;
  }

  private void answer(Path image, Response response, Callback callback) {
    long begin = System.nanoTime();
    Path labels = null;
    try {
      if (closed) {
        throw new CancellationException();
      }
      labels = Files.createTempFile("med3dinsight-labels-", ".nii.gz");
      if (!isSmallEnough(image, response, callback)) {
        Answers.delete(labels);
        return;
      }
      segmenter
          .segment(VolumeReader.volume(image, ReadOptions.none()), Progress.NONE, () -> closed)
          .write(labels);
      counters.segmented(System.nanoTime() - begin);
      answers.labels(response, labels, callback);
    } catch (DataException e) {
      discard(labels);
      // The file's name is the server's own, and means nothing to the client.
      String sentence = e.getMessage().replace(image.toString(), "the body");
      answers.error(response, 400, sentence, callback);
    } catch (CancellationException e) {
      discard(labels);
      answers.error(response, 503, STOPPING, callback);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      discard(labels);
      LOG.error("An image could not be segmented", e);
      String sentence =
          e instanceof OutOfMemoryError
              ? "The image does not fit the server's memory."
              : "The server failed; its log says how.";
      answers.error(response, 500, sentence, callback);
    } finally {
      Answers.delete(image);
    }
  }

  private static void discard(Path file) {
    if (file != null) {
      Answers.delete(file);
    }
  }

  /** By what the header says; reading allocates for what is really there. */
  private boolean isSmallEnough(Path image, Response response, Callback callback) {
    ImageInfo info = VolumeReader.info(image, ReadOptions.none());
    double voxels = info.shape().stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
    if (voxels <= options.maxVoxels()) {
      return true;
    }
    answers.error(
        response,
        413,
        "The image has "
            + info.shape()
            + " voxels; this server takes "
            + options.maxVoxels()
            + " in all.",
        callback);
    return false;
  }

  @Override
  public void close() {
    closed = true;
    worker.shutdown();
    try {
      // Those that wait are answered too, that the server stops.
      if (!worker.awaitTermination(30, TimeUnit.SECONDS)) {
        LOG.warn("An image is still being segmented");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
