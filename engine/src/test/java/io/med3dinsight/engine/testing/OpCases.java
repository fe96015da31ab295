package io.med3dinsight.engine.testing;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds cases and ops on the class path. */
final class OpCases {
  private OpCases() {}

  static List<OpCase> all() throws ReflectiveOperationException, IOException {
    List<OpCase> all = new ArrayList<>();
    for (Class<?> c : classes("io.med3dinsight.engine.cases", OpCaseSource.class)) {
      var constructor = c.getDeclaredConstructor();
      constructor.setAccessible(true);
      all.addAll(((OpCaseSource) constructor.newInstance()).cases());
    }
    return all;
  }

  static List<Class<?>> classes(String pkg, Class<?> type) throws IOException {
    List<Class<?>> found = new ArrayList<>();
    for (String root : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(root);
      if (Files.isDirectory(path)) {
        list(found, path, pkg, type);
      } else if (root.endsWith(".jar") && Files.exists(path)) {
        try (FileSystem jar = FileSystems.newFileSystem(path)) {
          list(found, jar.getPath("/"), pkg, type);
        }
      }
    }
    return found;
  }

  private static void list(List<Class<?>> found, Path root, String pkg, Class<?> type)
      throws IOException {
    Path dir = root.resolve(pkg.replace('.', '/'));
    if (Files.isDirectory(dir)) {
      try (Stream<Path> files = Files.list(dir)) {
        for (Path f : files.sorted().toList()) {
          add(found, pkg, f.getFileName().toString(), type);
        }
      }
    }
  }

  private static void add(List<Class<?>> found, String pkg, String file, Class<?> type) {
    if (!file.endsWith(".class")) {
      return;
    }
    try {
      Class<?> c = Class.forName(pkg + "." + file.substring(0, file.length() - 6));
      if (type.isAssignableFrom(c) && !c.isInterface() && !Modifier.isAbstract(c.getModifiers())) {
        found.add(c);
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
