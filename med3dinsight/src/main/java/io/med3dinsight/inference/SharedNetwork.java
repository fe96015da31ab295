package io.med3dinsight.inference;

import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.nn.Module;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * A network that any number of threads compute with until it is closed, which waits for those that
 * are at work.
 */
public final class SharedNetwork implements AutoCloseable {
  private final String user;
  private final Module network;
  private final boolean owner;
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  private boolean closed;

  /**
   * @param user what computes with it, for messages, such as "segmenter"
   * @param owner whether closing frees the network
   */
  public SharedNetwork(String user, Module network, boolean owner) {
    this.user = user;
    this.network = network;
    this.owner = owner;
  }

  /**
   * Computes without a tape: a caller's would keep every activation.
   *
   * @throws IllegalStateException once it is closed
   */
  public <T> T compute(Supplier<T> body) {
    use.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("this " + user + " is closed");
      }
      List<T> result = new ArrayList<>();
      Tape.paused(() -> result.add(body.get()));
      return result.get(0);
    } finally {
      use.readLock().unlock();
    }
  }

  /**
   * Frees the weights of an own network, after the calls at work; later calls fail.
   *
   * @throws IllegalStateException from within a call, which would wait for itself
   */
  @Override
  public void close() {
    if (use.getReadHoldCount() > 0) {
      throw new IllegalStateException("a " + user + " cannot be closed from within its own call");
    }
    use.writeLock().lock();
    try {
      if (!closed && owner) {
        network.close();
      }
      closed = true;
    } finally {
      use.writeLock().unlock();
    }
  }
}
