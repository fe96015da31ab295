package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.Med3DInsight;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.KeepComponents;
import io.med3dinsight.serve.ModelServer;
import io.med3dinsight.serve.ServeOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Segments, classifies and embeds for other programs. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Load a model once and apply it to what other programs send by HTTP (NIfTI, NRRD, DICOM, or a"
          + " zip of a DICOM series or of one file per channel):",
      "POST /segment or /classify, as the model does; POST /embed; GET /, /health, /metrics."
    })
final class ServeCommand implements Callable<Integer>, Computes {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int POLL_MILLIS = 200;
  private static final long MIB = 1L << 20;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "DIR|FILE",
      description = "Run folder of `train` or `classify train`, or its model.safetensors.")
  private Path model;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description =
          "Address to listen on (default: ${DEFAULT-VALUE}, this machine only). Others need"
              + " --token-file.")
  private String host;

  @Option(
      names = "--port",
      defaultValue = "8080",
      description = "Port to listen on, 0 for any that is free (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "File with the token that requests must carry: Authorization: Bearer TOKEN.")
  private Path tokenFile;

  @Option(
      names = "--max-mib",
      paramLabel = "N",
      defaultValue = "512",
      description = "Largest body, MiB (default: ${DEFAULT-VALUE}).")
  private long maxMib;

  @Option(
      names = "--max-megavoxels",
      paramLabel = "N",
      defaultValue = "512",
      description = "Largest image, millions of voxels (default: ${DEFAULT-VALUE}).")
  private long maxMegavoxels;

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "16",
      description =
          "Images that may wait; further ones are told to try again"
              + " (default: ${DEFAULT-VALUE}).")
  private int queue;

  @Option(
      names = "--receive-seconds",
      paramLabel = "S",
      defaultValue = "60",
      description = "Time in which a body must have arrived (default: ${DEFAULT-VALUE}).")
  private int receiveSeconds;

  @Mixin private WindowOptions windows;

  @Mixin private ComputeOptions compute;

  @Override
  public Integer call() throws InterruptedException {
    ServeOptions options =
        new ServeOptions(
            host,
            port,
            token(),
            maxMib * MIB,
            maxMegavoxels * 1_000_000,
            queue,
            ServeOptions.standard().uploads(),
            Duration.ofSeconds(receiveSeconds));
    InferenceOptions inference = windows.options(KeepComponents.ALL, false);
    try (StopSignal stop = StopSignal.listen(PATIENCE, "this window");
        Med3DInsight loaded = Med3DInsight.load(model, compute.device(), inference);
        ModelServer server = ModelServer.start(loaded, options)) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          "Serving " + model + " on http://" + host + ":" + server.port() + "; Ctrl-C stops.");
      out.println("It is a " + loaded + ".");
      out.flush();
      while (!stop.getAsBoolean()) {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    }
    // The way to end it, so no fault.
    return 0;
  }

  private String token() {
    if (tokenFile == null) {
      return null;
    }
    try {
      return Files.readString(tokenFile).strip();
    } catch (IOException e) {
      throw DataException.of(tokenFile, "read", e);
    }
  }
}
