package io.med3dinsight.engine.memory;

import java.util.ArrayDeque;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Free blocks of memory kept for reuse. A request takes the smallest block that fits and is at most
 * twice as large; the block unused for longest is the first to go. Not thread-safe.
 */
public final class FreeBlocks<B> {
  private record Entry<B>(B block, long lastUse) {}

  private final TreeMap<Long, ArrayDeque<Entry<B>>> bySize = new TreeMap<>();
  private final ToLongFunction<B> size;
  private long bytes;
  private long clock;

  /**
   * @param size of a block in bytes
   */
  public FreeBlocks(ToLongFunction<B> size) {
    this.size = size;
  }

  /** Bytes of all blocks that are kept. */
  public long bytes() {
    return bytes;
  }

  /** The best block for a request, or null. */
  public B take(long wanted) {
    var fit = bySize.ceilingEntry(wanted);
    if (fit == null || fit.getKey() / 2 > wanted) {
      return null;
    }
    B block = fit.getValue().pollLast().block();
    if (fit.getValue().isEmpty()) {
      bySize.remove(fit.getKey());
    }
    bytes -= fit.getKey();
    return block;
  }

  /** Keeps a block. */
  public void give(B block) {
    long n = size.applyAsLong(block);
    bySize.computeIfAbsent(n, k -> new ArrayDeque<>()).addLast(new Entry<>(block, clock++));
    bytes += n;
  }

  /** Takes out the block unused for longest. */
  public B evictOldest() {
    ArrayDeque<Entry<B>> oldest = null;
    for (var queue : bySize.values()) {
      if (oldest == null || queue.peekFirst().lastUse() < oldest.peekFirst().lastUse()) {
        oldest = queue;
      }
    }
    if (oldest == null) {
      throw new IllegalStateException("no free block is left to give back");
    }
    B block = oldest.pollFirst().block();
    long n = size.applyAsLong(block);
    if (oldest.isEmpty()) {
      bySize.remove(n);
    }
    bytes -= n;
    return block;
  }

  /** Takes out every block. */
  public void clear(Consumer<B> each) {
    bySize.values().forEach(queue -> queue.forEach(e -> each.accept(e.block())));
    bySize.clear();
    bytes = 0;
  }
}
