package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.cuda.CublasProducts;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudnnConvolutions;
import io.med3dinsight.engine.tensor.DeviceException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts cuBLAS and cuDNN in front of a backend's own kernels where they load, and says in one line
 * what computes.
 */
final class Libraries {
  /** {@code false} leaves the libraries alone, whatever the options say. */
  static final String PROPERTY = "med3dinsight.cuda.libraries";

  private static final Logger LOG = LoggerFactory.getLogger(Libraries.class);

  /**
   * A library's state.
   *
   * @param text for a reader: version and path, or why it is not used and what to do
   */
  record Finding(boolean used, String text) {}

  /** What was found of both. */
  record Findings(Finding cublas, Finding cudnn) {}

  private Libraries() {}

  /** Whether a user wants them at all. */
  static boolean wanted(CudaBackend cuda) {
    return cuda.options().libraries() && Boolean.parseBoolean(System.getProperty(PROPERTY, "true"));
  }

  /** Loads what there is and prefers it. */
  static Findings attach(Installation installation, JCudaDriver driver, CudaBackend cuda) {
    Findings found;
    if (wanted(cuda)) {
      found = new Findings(cublas(installation, driver, cuda), cudnn(installation, driver, cuda));
    } else {
      Finding no = new Finding(false, "not asked for (own kernels were chosen)");
      found = new Findings(no, no);
    }
    LOG.info(
        "{}: matrix products by {}, convolutions by {}",
        cuda.description(),
        cuda.matrixProducts().description(),
        cuda.convolutions().description());
    return found;
  }

  private static Finding cublas(Installation installation, JCudaDriver driver, CudaBackend cuda) {
    String needed =
        "matrix products run on own kernels; for cuBLAS install CUDA 12's, or name its folder with"
            + " -D"
            + LibraryFolders.PROPERTY;
    return attempt(
        installation.cublas(),
        () -> installation.natives("JCublas2"),
        needed,
        () -> {
          JCublasCalls calls = new JCublasCalls(driver);
          driver.beforeClosing(calls::close);
          cuda.prefer(new CublasProducts(cuda, calls));
          return calls.version();
        });
  }

  private static Finding cudnn(Installation installation, JCudaDriver driver, CudaBackend cuda) {
    String needed =
        "convolutions run on own kernels; for cuDNN install release 9, or name its folder with -D"
            + LibraryFolders.PROPERTY;
    return attempt(
        installation.cudnn(),
        () -> installation.natives("JCudnn"),
        needed,
        () -> {
          JCudnnCalls calls = new JCudnnCalls(driver);
          CudnnConvolutions convolutions = new CudnnConvolutions(cuda, calls);
          driver.beforeClosing(calls::close);
          driver.beforeClosing(convolutions::close);
          cuda.prefer(convolutions);
          return calls.version();
        });
  }

  private static Finding attempt(
      NativeLibrary library, Supplier<String> natives, String otherwise, Supplier<String> start) {
    List<String> wrong = new ArrayList<>();
    if (!library.loaded()) {
      wrong.add(library.path() == null ? library.name() : library.path().toString());
      wrong.add(library.problem());
    } else if (natives.get() != null) {
      wrong.add(natives.get());
    } else {
      try {
        return new Finding(true, start.get() + " (" + library.path() + ")");
      } catch (DeviceException e) {
        wrong.add(library.path().toString());
        wrong.add(e.getMessage().replaceFirst("\\.$", ""));
      } catch (LinkageError e) {
        wrong.add(library.path().toString());
        wrong.add("JCuda's native library for it cannot be loaded: " + NativeLibrary.reason(e));
      }
    }
    return new Finding(false, String.join(": ", wrong) + "; " + otherwise);
  }
}
