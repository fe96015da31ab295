package io.med3dinsight.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.med3dinsight.DataException;
import io.med3dinsight.hash.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What made a result: program, machine, seed, command and input files.
 *
 * @param program which build of the program
 * @param machine where it ran
 * @param threads CPU threads it computed with
 * @param seed seed of its random numbers
 * @param command command line, word by word; empty when called from Java
 * @param started when it began, ISO 8601 in UTC
 * @param finished when it ended; null while it runs
 * @param inputs SHA-256 of each input file, in hexadecimal, by the name given
 */
public record Provenance(
    Build program,
    Machine machine,
    int threads,
    long seed,
    List<String> command,
    String started,
    String finished,
    Map<String, String> inputs) {

  /** Name of the file in a run folder. */
  public static final String FILE = "provenance.json";

  public Provenance {
    command = List.copyOf(command);
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
  }

  /**
   * The state of things at the start of a run.
   *
   * @param inputs files whose content the result depends on
   * @throws DataException for an input that cannot be read
   */
  public static Provenance start(
      int threads, long seed, List<String> command, Collection<Path> inputs) {
    Map<String, String> hashes = new LinkedHashMap<>();
    for (Path input : inputs) {
      hashes.put(input.toString(), sha256(input));
    }
    return new Provenance(
        Build.current(),
        Machine.current(),
        threads,
        seed,
        command,
        Instant.now().toString(),
        null,
        hashes);
  }

  /** The same, with the time it ended. */
  public Provenance finish() {
    return new Provenance(
        program, machine, threads, seed, command, started, Instant.now().toString(), inputs);
  }

  /**
   * Writes {@value #FILE} into a run folder; a reader sees the whole old file or the whole new one.
   */
  public void write(Path folder) throws IOException {
    Path part = folder.resolve(FILE + ".part");
    new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(part.toFile(), this);
    Files.move(
        part,
        folder.resolve(FILE),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Reads what {@link #write} wrote. */
  public static Provenance read(Path folder) throws IOException {
    return new ObjectMapper().readValue(folder.resolve(FILE).toFile(), Provenance.class);
  }

  /** SHA-256 of a file's bytes, in hexadecimal. */
  public static String sha256(Path file) {
    try {
      return Sha256.hex(file);
    } catch (IOException e) {
      throw new DataException("Input file " + file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
