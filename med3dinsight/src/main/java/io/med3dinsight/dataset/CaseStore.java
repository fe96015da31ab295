package io.med3dinsight.dataset;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.Grid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;

/**
 * Prepared cases as a list whose memory is bounded: as long as all fit the budget they stay in
 * memory; from then on every case is also kept in a file of its own, and those used least recently
 * leave memory until they are asked for again. What {@link #get} returns does not depend on the
 * budget. Thread-safe.
 */
public final class CaseStore extends AbstractList<TrainingCase>
    implements RandomAccess, AutoCloseable {
  private final Path folder;
  private final long budget;
  private final List<CaseFile> files = new ArrayList<>();

  /** Cases in memory by number, the one used last at the end. */
  private final Map<Integer, TrainingCase> loaded = new LinkedHashMap<>(16, 0.75f, true);

  private long bytes;
  private boolean onDisk;

  /**
   * @param folder for files, made when the first one is needed
   * @param budget bytes that cases in memory may take together; one case is always kept
   */
  public CaseStore(Path folder, long budget) {
    this.folder = folder;
    this.budget = budget;
  }

  /** Adds a case at the end. */
  @Override
  public synchronized boolean add(TrainingCase c) {
    int number = files.size();
    files.add(new CaseFile(folder.resolve(number + ".case"), c));
    if (onDisk) {
      files.get(number).write(c);
    }
    keep(number, c);
    return true;
  }

  private void keep(int number, TrainingCase c) {
    loaded.put(number, c);
    bytes += c.bytes();
    if (bytes > budget && !onDisk) {
      onDisk = true;
      loaded.forEach((i, each) -> files.get(i).write(each));
    }
    while (bytes > budget && loaded.size() > 1) {
      Map.Entry<Integer, TrainingCase> oldest = loaded.entrySet().iterator().next();
      loaded.remove(oldest.getKey());
      bytes -= oldest.getValue().bytes();
    }
  }

  /**
   * A case, read from its file when it is not in memory.
   *
   * @throws io.med3dinsight.DataException when the file is gone or cannot be read
   */
  @Override
  public synchronized TrainingCase get(int number) {
    TrainingCase c = loaded.get(number);
    if (c == null) {
      c = files.get(number).read();
      keep(number, c);
    }
    return c;
  }

  @Override
  public synchronized int size() {
    return files.size();
  }

  /** Name of a case, without loading it. */
  public synchronized String id(int number) {
    return files.get(number).id();
  }

  /** Grid of a case, without loading it. */
  public synchronized Grid grid(int number) {
    return files.get(number).grid();
  }

  /** Number of cases in memory. */
  synchronized int inMemory() {
    return loaded.size();
  }

  /** The cases with these names, in the order of this store, as a view. */
  public List<TrainingCase> only(List<String> names) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      if (names.contains(id(i))) {
        numbers.add(i);
      }
    }
    return new View(numbers);
  }

  /** Deletes the files; the store must not be used any more. */
  @Override
  public synchronized void close() {
    loaded.clear();
    if (onDisk) {
      files.forEach(CaseFile::delete);
      try {
        Files.deleteIfExists(folder);
      } catch (IOException e) {
        throw DataException.of(folder, "deleted", e);
      }
    }
  }

  private final class View extends AbstractList<TrainingCase> implements RandomAccess {
    private final List<Integer> numbers;

    View(List<Integer> numbers) {
      this.numbers = numbers;
    }

    @Override
    public TrainingCase get(int i) {
      return CaseStore.this.get(numbers.get(i));
    }

    @Override
    public int size() {
      return numbers.size();
    }
  }
}
