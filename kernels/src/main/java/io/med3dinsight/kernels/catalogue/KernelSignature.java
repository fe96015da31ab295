package io.med3dinsight.kernels.catalogue;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameters of a kernel, as its PTX declares them.
 *
 * @param family the PTX module that holds it
 * @param name the entry's name
 * @param parameters in order
 */
public record KernelSignature(String family, String name, List<Parameter> parameters) {
  /**
   * One parameter.
   *
   * @param bytes its size
   * @param offset of its first byte in the packed parameters
   */
  public record Parameter(int bytes, int offset) {}

  private static final Pattern ENTRY =
      Pattern.compile("\\.entry\\s+(\\w+)\\s*\\(([^)]*)\\)|\\.entry\\s+(\\w+)\\s*(?=[{\\s])");
  private static final Pattern PARAMETER =
      Pattern.compile("\\.param\\s+(?:\\.align\\s+(\\d+)\\s+)?\\.(\\w+)\\s+\\w+(?:\\[(\\d+)])?");

  public KernelSignature {
    parameters = List.copyOf(parameters);
  }

  /** Bytes of the packed parameters. */
  public int bytes() {
    if (parameters.isEmpty()) {
      return 0;
    }
    Parameter last = parameters.get(parameters.size() - 1);
    return last.offset() + last.bytes();
  }

  /** The signatures of all entries of a PTX module. */
  static List<KernelSignature> parse(String family, String ptx) {
    List<KernelSignature> found = new ArrayList<>();
    Matcher m = ENTRY.matcher(ptx);
    while (m.find()) {
      String name = m.group(1) != null ? m.group(1) : m.group(3);
      found.add(new KernelSignature(family, name, parameters(m.group(2))));
    }
    return found;
  }

  private static List<Parameter> parameters(String text) {
    List<Parameter> found = new ArrayList<>();
    int offset = 0;
    Matcher m = PARAMETER.matcher(text == null ? "" : text);
    while (m.find()) {
      int element = Integer.parseInt(m.group(2).replaceAll("\\D", "")) / 8;
      int align = m.group(1) == null ? element : Integer.parseInt(m.group(1));
      int bytes = m.group(3) == null ? element : element * Integer.parseInt(m.group(3));
      offset = (offset + align - 1) / align * align;
      found.add(new Parameter(bytes, offset));
      offset += bytes;
    }
    return found;
  }
}
