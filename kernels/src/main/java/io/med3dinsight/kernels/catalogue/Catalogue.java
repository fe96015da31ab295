package io.med3dinsight.kernels.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The CUDA kernels in this jar: one PTX module for each family of operations. A kernel's name
 * starts with its family, {@code family_what_type}.
 */
public final class Catalogue {
  /** The families, each a source {@code src/main/cuda/<family>.cu}. */
  public static final List<String> FAMILIES = families();

  private static final Map<String, Module> MODULES = new TreeMap<>();

  private record Module(String ptx, Map<String, KernelSignature> kernels) {}

  private Catalogue() {}

  private static List<String> families() {
    return resource("families").lines().filter(line -> !line.isBlank()).toList();
  }

  /** The PTX of a family. */
  public static String ptx(String family) {
    return module(family).ptx;
  }

  /** What was written down when a family was compiled: hashes, compiler, registers. */
  public static String manifest(String family) {
    return resource(family + ".manifest");
  }

  /** All kernels of a family. */
  public static List<KernelSignature> kernels(String family) {
    return List.copyOf(module(family).kernels.values());
  }

  /**
   * The kernel of this name.
   *
   * @throws IllegalArgumentException when no family has it
   */
  public static KernelSignature kernel(String name) {
    int end = name.indexOf('_');
    String family = end < 0 ? name : name.substring(0, end);
    KernelSignature k = FAMILIES.contains(family) ? module(family).kernels.get(name) : null;
    if (k == null) {
      throw new IllegalArgumentException("no kernel is named " + name);
    }
    return k;
  }

  private static Module module(String family) {
    synchronized (MODULES) {
      return MODULES.computeIfAbsent(family, Catalogue::read);
    }
  }

  private static Module read(String family) {
    String ptx = resource(family + ".ptx");
    Map<String, KernelSignature> kernels = new TreeMap<>();
    KernelSignature.parse(family, ptx).forEach(k -> kernels.put(k.name(), k));
    return new Module(ptx, Map.copyOf(kernels));
  }

  private static String resource(String name) {
    String path = "/io/med3dinsight/kernels/ptx/" + name;
    try (InputStream in = Catalogue.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("the kernels' jar is incomplete: it has no " + path);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
