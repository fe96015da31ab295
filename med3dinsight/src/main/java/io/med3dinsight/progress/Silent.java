package io.med3dinsight.progress;

/** Progress that nobody wants to see. */
final class Silent implements Progress, Progress.Task {
  @Override
  public Task start(String name, long total, String unit) {
    return this;
  }

  @Override
  public void say(String line) {
    // Nobody listens.
  }

  @Override
  public void step(long steps) {
    // Nobody listens.
  }

  @Override
  public void message(String text) {
    // Nobody listens.
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
