package io.med3dinsight.serve;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Takes a body into a file, without holding a thread while nothing arrives and without holding the
 * body in memory. One that is too large or too slow is refused.
 */
final class Upload implements Runnable {
  /** What comes of a body. */
  interface Outcome {
    /** It is in the file whole. */
    void complete(Path file);

    /** It is not; the exchange has been answered, or its client has gone. */
    void over();
  }

  private static final Outcome NOBODY =
      new Outcome() {
        @Override
        public void complete(Path file) {
          throw new IllegalStateException("a refused body is not complete");
        }

        @Override
        public void over() {
          // Nobody waits for it.
        }
      };

  private static final int TOO_SLOW = 408;
  private static final int TOO_LARGE = 413;

  private enum State {
    RECEIVING,
    DRAINING,
    OVER
  }

  private final Request request;
  private final Response response;
  private final Callback callback;
  private final ServeOptions options;
  private final Answers answers;
  private State state = State.RECEIVING;
  private Outcome outcome = NOBODY;
  private Path file;
  private FileChannel out;
  private ScheduledFuture<?> deadline;
  private Callback.Completable refused;
  private long received;

  Upload(
      Request request,
      Response response,
      Callback callback,
      ServeOptions options,
      Answers answers) {
    this.request = request;
    this.response = response;
    this.callback = callback;
    this.options = options;
    this.answers = answers;
  }

  /** Begins to take the body into a file. */
  void receive(Path into, Outcome whatThen, ScheduledExecutorService clock) throws IOException {
    synchronized (this) {
      out = FileChannel.open(into, StandardOpenOption.WRITE);
      file = into;
      outcome = whatThen;
      limit(clock);
      if (request.getLength() > options.maxBytes()) {
        refuseLarge();
      }
    }
    run();
  }

  /** Refuses the request, whatever its body. */
  void refuse(int status, String sentence, ScheduledExecutorService clock) {
    synchronized (this) {
      limit(clock);
      refuse(status, sentence);
    }
    run();
  }

  private void limit(ScheduledExecutorService clock) {
    deadline = clock.schedule(this::late, options.patience().toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Takes what is there, and asks to be called again when there is more. */
  @Override
  public void run() {
    while (true) {
      Content.Chunk chunk = request.read();
      if (chunk == null) {
        request.demand(this);
        return;
      }
      if (Content.Chunk.isFailure(chunk)) {
        gone(chunk.getFailure());
        return;
      }
      boolean last = chunk.isLast();
      try {
        if (!take(chunk.getByteBuffer())) {
          return;
        }
      } catch (IOException e) {
        gone(e);
        return;
      } finally {
        chunk.release();
      }
      if (last) {
        ended();
        return;
      }
    }
  }

  /** False when nobody waits for the body any more. */
  private synchronized boolean take(ByteBuffer bytes) throws IOException {
    received += bytes.remaining();
    if (state == State.RECEIVING && received > options.maxBytes()) {
      refuseLarge();
    }
    while (state == State.RECEIVING && bytes.hasRemaining()) {
      out.write(bytes);
    }
    return state != State.OVER;
  }

  private void refuseLarge() {
    refuse(
        TOO_LARGE,
        "The body is larger than "
            + options.maxBytes()
            + " bytes, the most that this server takes.");
  }

  /**
   * Answers at once, but reads on for a while: many clients look only when they have sent all, and
   * would find the connection reset.
   */
  private void refuse(int status, String sentence) {
    state = State.DRAINING;
    refused = new Callback.Completable();
    response.getHeaders().put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE.asString());
    answers.error(response, status, sentence, refused);
  }

  private void late() {
    State before = finish();
    if (before == State.RECEIVING) {
      response.getHeaders().put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE.asString());
      answers.error(
          response,
          TOO_SLOW,
          "The body did not arrive within " + options.patience().toMillis() + " ms.",
          callback);
    } else if (before == State.DRAINING) {
      endRefused();
    }
    if (before != State.OVER) {
      outcome.over();
    }
  }

  private void ended() {
    State before = finish();
    if (before == State.RECEIVING) {
      outcome.complete(file);
    } else if (before == State.DRAINING) {
      endRefused();
      outcome.over();
    }
  }

  private void endRefused() {
    // Nobody waits for what follows: the callback is told of either outcome.
    var unused =
        refused.whenComplete(
            (done, failure) -> {
              if (failure == null) {
                callback.succeeded();
              } else {
                callback.failed(failure);
              }
            });
  }

  private void gone(Throwable why) {
    if (finish() != State.OVER) {
      callback.failed(why);
      outcome.over();
    }
  }

  /** Ends the upload for whoever comes first, who learns how it stood. */
  private synchronized State finish() {
    State before = state;
    state = State.OVER;
    deadline.cancel(false);
    try {
      if (out != null) {
        out.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return before;
  }
}
