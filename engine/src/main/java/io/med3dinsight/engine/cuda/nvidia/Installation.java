package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.tensor.DeviceException;
import java.nio.file.Path;
import java.util.List;

/**
 * What this process has loaded of CUDA. Libraries are loaded once, in an order in which each is
 * looked at before anything that needs it: the linker's own answer to a missing one names a wrong
 * culprit, or ends the process.
 */
final class Installation {
  private static Installation ofProcess;

  private final LibraryFolders folders;
  private final Platform platform;
  private final Path temporary;
  private final NativeLibrary driver;
  private final String driverNatives;
  private NativeLibrary cublas;
  private NativeLibrary cudnn;

  Installation(LibraryFolders folders, Platform platform, Path temporary) {
    this.folders = folders;
    this.platform = platform;
    this.temporary = temporary;
    this.driver = NativeLibrary.driver(folders, platform);
    this.driverNatives = JCudaNatives.prepare("JCudaDriver", platform, temporary);
  }

  static synchronized Installation ofProcess() {
    if (ofProcess == null) {
      ofProcess =
          new Installation(
              LibraryFolders.ofSystem(),
              Platform.current(),
              Path.of(System.getProperty("java.io.tmpdir")));
    }
    return ofProcess;
  }

  NativeLibrary driver() {
    return driver;
  }

  /** What is wrong with JCuda's natives for the driver, or null. */
  String driverNatives() {
    return driverNatives;
  }

  synchronized NativeLibrary cublas() {
    if (cublas == null) {
      cublas = NativeLibrary.cublas(folders, platform);
    }
    return cublas;
  }

  synchronized NativeLibrary cudnn() {
    if (cudnn == null) {
      cudnn = NativeLibrary.cudnn(folders, platform);
    }
    return cudnn;
  }

  /** Where a library lies, without loading it. */
  String located(String library) {
    boolean dnn = library.equals("cudnn");
    String name =
        platform.windows()
            ? dnn ? "cudnn64_9.dll" : "cublas64_12.dll"
            : dnn ? "libcudnn.so.9" : "libcublas.so.12";
    return folders.find(name).map(path -> path + " (not loaded)").orElse(name + " not found");
  }

  /** What is wrong with JCuda's natives for a library, or null. */
  String natives(String library) {
    return JCudaNatives.prepare(library, platform, temporary);
  }

  /**
   * All devices.
   *
   * @throws DeviceException saying, in words that follow "cannot be used:", why there is none
   */
  List<Gpu> gpus() {
    if (!driver.loaded()) {
      throw new DeviceException(
          driver.path() == null
              ? "the NVIDIA driver is not installed, "
                  + driver.name()
                  + " is in none of "
                  + folders.described()
                  + "; install the driver"
              : driver.path() + ": " + driver.problem() + "; install a driver that fits");
    }
    if (driverNatives != null) {
      throw new DeviceException(driverNatives);
    }
    try {
      return Gpu.all();
    } catch (LinkageError e) {
      // UnsatisfiedLinkError the first time, NoClassDefFoundError from then on.
      throw new DeviceException(
          "JCuda's native library in "
              + temporary
              + " cannot be loaded: "
              + NativeLibrary.reason(e)
              + "; where the folder forbids programs, name another with -Djava.io.tmpdir",
          e);
    }
  }
}
