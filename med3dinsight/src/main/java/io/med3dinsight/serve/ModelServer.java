package io.med3dinsight.serve;

import io.med3dinsight.Med3DInsight;
import io.med3dinsight.UsageException;
import java.io.IOException;
import java.net.BindException;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Computes on images that other programs send by HTTP, one after the other with one loaded model.
 *
 * <ul>
 *   <li>{@code POST /segment} with an image as body (NIfTI, NRRD, a DICOM file, a zipped DICOM
 *       series or a zip of one file per channel; recognised by its content) answers 200 with the
 *       label map as .nii.gz on the image's grid; 400 for a body that is no such image, 408 for one
 *       that does not arrive in time, 413 for one that is too large, 503 with Retry-After while too
 *       many wait.
 *   <li>{@code POST /classify} answers the same with the probabilities of the classes, as JSON.
 *       Which of the two there is follows from the model.
 *   <li>{@code POST /embed} answers with the encoder's vector, as JSON.
 *   <li>{@code GET /} lists the requests and limits, {@code GET /health} says what is served,
 *       {@code GET /metrics} counts for Prometheus.
 * </ul>
 *
 * <p>Errors are JSON, {"error": one sentence}. Bodies and results are temporary files, so that
 * memory is that of one computation however many ask.
 */
public final class ModelServer implements AutoCloseable {
  private static final int MOST_THREADS = 24;

  /** Connections beyond the uploads: for those that wait for their result, or ask for metrics. */
  private static final int MORE_CONNECTIONS = 256;

  private static final long STOP_SECONDS = 10;

  /** For connections between requests, and within a request's head. */
  private static final long IDLE_SECONDS = 30;

  private final Server server;
  private final ServerConnector connector;
  private final WorkQueue queue;
  private final Api api;

  private ModelServer(Server server, ServerConnector connector, WorkQueue queue, Api api) {
    this.server = server;
    this.connector = connector;
    this.queue = queue;
    this.api = api;
  }

  /**
   * Begins to serve.
   *
   * @param model stays the caller's, who closes it after the server
   * @throws UsageException when the port is taken or the host is not this machine's
   */
  public static ModelServer start(Med3DInsight model, ServeOptions options) {
    QueuedThreadPool threads = new QueuedThreadPool(MOST_THREADS);
    threads.setName("serve");
    threads.setDaemon(true);
    Server server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setSendDateHeader(false);
    ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    connector.setHost(options.host());
    connector.setPort(options.port());
    connector.setIdleTimeout(TimeUnit.SECONDS.toMillis(IDLE_SECONDS));
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(options.uploads() + MORE_CONNECTIONS, server));
    Counters counters = new Counters();
    Answers answers = new Answers(counters);
    WorkQueue queue = new WorkQueue(model, options, counters, answers);
    Api api = new Api(model, options, counters, answers, queue);
    server.setHandler(api);
    ModelServer started = new ModelServer(server, connector, queue, api);
    try {
      server.start();
      return started;
    } catch (Exception e) {
      started.close();
      throw refused(options, e);
    }
  }

  private static RuntimeException refused(ServeOptions options, Exception e) {
    Throwable reason = e instanceof IOException && e.getCause() != null ? e.getCause() : e;
    if (e instanceof IOException || reason instanceof BindException) {
      return new UsageException(
          "Cannot listen on "
              + options.host()
              + ", port "
              + options.port()
              + " ("
              + reason.getMessage()
              + "): choose another --port or --host.",
          e);
    }
    return new IllegalStateException("the server could not be started", e);
  }

  /** Where it listens. */
  public int port() {
    return connector.getLocalPort();
  }

  /** Ends what is at work after its present window, and stops. */
  @Override
  public void close() {
    queue.close();
    try {
      server.setStopTimeout(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
      server.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw new IllegalStateException("the server could not be stopped", e);
    } finally {
      api.close();
    }
  }
}
