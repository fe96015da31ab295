package io.med3dinsight.cli;

import static java.util.stream.Collectors.toSet;

import io.med3dinsight.UsageException;
import io.med3dinsight.caption.Modality;
import io.med3dinsight.caption.chat.CaptionSettings;
import io.med3dinsight.caption.chat.CaptionSettings.Picture;
import io.med3dinsight.caption.chat.CaptionSource;
import io.med3dinsight.caption.chat.CaptionSummary;
import io.med3dinsight.caption.chat.Captioner;
import io.med3dinsight.caption.chat.ChatEndpoint;
import io.med3dinsight.caption.chat.Prices;
import io.med3dinsight.caption.chat.PromptTemplates;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.dataset.SampleData;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.progress.TerminalProgress;
import io.med3dinsight.volume.ReadOptions;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lets a multimodal language model describe slices. */
@Command(
    name = "caption",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Let a multimodal language model describe slices, for `train --captions` (--data) or `pretrain"
          + " --captions` (--input).",
      "Sent are a slice's pixels, its plane and its modality, never names or headers; OUTPUT.log.jsonl"
          + " shows what was sent. Every answer is kept: after a stop or a failure the same command"
          + " with --resume goes on.",
      "Without --data and --input it uses the built-in sample of hippocampus MRI."
    })
final class CaptionCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-d", "--data"},
      paramLabel = "DIR",
      description = "Folder with dataset.json and imagesTr (MSD or nnU-Net layout).")
  private Path data;

  @Option(
      names = {"-i", "--input"},
      paramLabel = "FILE|DIR|FILE.csv",
      description =
          "What `pretrain --data` takes, instead of --data: an image, a folder of images or DICOM"
              + " series, also in folders below it, a table; each volume under the name that"
              + " `pretrain` knows it by.")
  private Path input;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE.jsonl",
      description = "The captions, a line each.")
  private Path output;

  @Option(names = "--resume", description = "Go on with an output that is there.")
  private boolean resume;

  @Mixin private EndpointOptions endpoint = new EndpointOptions();
  @Mixin private PictureOptions pictures = new PictureOptions();
  @Mixin private ReadChoice choice = new ReadChoice();

  @Option(
      names = "--prompts",
      paramLabel = "FILE.yaml",
      description = "Prompts per plane and modality; see --print-prompts.")
  private Path prompts;

  @Option(names = "--print-prompts", description = "Print the program's prompts, to edit them.")
  private boolean printPrompts;

  @Option(
      names = "--preview",
      paramLabel = "DIR",
      description = "Send nothing; write the pictures and prompts that would be sent.")
  private Path preview;

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description = "Folder of answers that were paid for (default: OUTPUT.cache).")
  private Path cache;

  @Option(
      names = "--most-repeats",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "Slices that may share one text; further ones are rejected (default: ${DEFAULT-VALUE}).")
  private int mostRepeats;

  @Option(names = "--ask-again", description = "Ask again where an answer was rejected earlier.")
  private boolean askAgain;

  @Option(
      names = "--price-input",
      paramLabel = "PRICE",
      defaultValue = "0",
      description = "Price of a million tokens of questions, for the cost log.")
  private double priceInput;

  @Option(
      names = "--price-output",
      paramLabel = "PRICE",
      defaultValue = "0",
      description = "Price of a million tokens of answers.")
  private double priceOutput;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (printPrompts) {
      out.print(PromptTemplates.standardText());
      out.flush();
      return 0;
    }
    if (data != null && input != null) {
      throw new UsageException("--data and --input are both there: give one of them.");
    }
    if (output == null && preview == null) {
      throw new UsageException("--output is missing: name the file for the captions.");
    }
    if (preview == null && Files.isDirectory(output)) {
      throw new UsageException(
          output + " is a folder: expected a file for the captions, such as captions.jsonl.");
    }
    if (preview == null && !resume && holdsCaptions(output)) {
      throw new UsageException(
          output + " is there already: go on with it by --resume, or choose another --output.");
    }
    if (preview == null) {
      // Before a dataset is read or unpacked.
      endpoint.endpoint();
    }
    List<CaptionSource> sources = sources();
    Set<Modality> made =
        sources.stream().map(CaptionSource::modality).filter(Objects::nonNull).collect(toSet());
    Picture picture = pictures.picture(made);
    CaptionSettings settings = settings(picture);
    Progress progress = TerminalProgress.standard();
    if (preview != null) {
      int count = new Captioner(settings).preview(sources, preview, progress);
      out.println("Nothing was sent. " + count + " pictures and prompts.txt are in " + preview);
      out.flush();
      return 0;
    }
    return run(settings, sources, progress, out);
  }

  /** A run whose service was down leaves an empty file, which nobody needs to decide about. */
  private static boolean holdsCaptions(Path file) {
    return Files.exists(file) && file.toFile().length() > 0;
  }

  private List<CaptionSource> sources() {
    Modality all = pictures.modality();
    if (input != null) {
      // A choice among several images in one place is for places that `pretrain` has no name for.
      return choice.options().equals(ReadOptions.none())
          ? CaptionSource.scans(input, all)
          : CaptionSource.list(input, choice.options());
    }
    MsdDataset dataset = dataset();
    Path said = dataset.folder().resolve("dataset.json");
    Modality m = all == null ? Modality.parse(dataset.channels().get(0), said.toString()) : all;
    return CaptionSource.of(dataset).stream().map(s -> s.madeBy(m)).toList();
  }

  private MsdDataset dataset() {
    if (data != null) {
      return MsdDataset.read(data);
    }
    Path beside = preview == null ? output : preview;
    return SampleData.extract(beside.resolveSibling(beside.getFileName() + ".sample"));
  }

  private CaptionSettings settings(Picture picture) {
    // A preview needs no service.
    ChatEndpoint service =
        preview != null && !endpoint.given()
            ? ChatEndpoint.of("http://localhost", "none", null, false)
            : endpoint.endpoint();
    Path file = output == null ? preview.resolve("captions.jsonl") : output;
    return new CaptionSettings(
        service,
        endpoint.request(),
        prompts == null ? PromptTemplates.standard() : PromptTemplates.read(prompts),
        picture,
        endpoint.traffic(),
        new Prices(priceInput, priceOutput),
        mostRepeats,
        askAgain,
        file,
        cache == null ? CaptionSettings.cacheOf(file) : cache);
  }

  private Integer run(
      CaptionSettings settings, List<CaptionSource> sources, Progress progress, PrintWriter out) {
    // An answer may take as long as the time-out, and is paid for.
    Duration patience = settings.traffic().timeout().plusSeconds(10);
    try (StopSignal stop = StopSignal.listen(patience, "the requests in flight")) {
      CaptionSummary s = new Captioner(settings).run(sources, progress, stop);
      print(s, settings, out);
      if (s.stopped()) {
        progress.say("Stopped; go on with the same command and --resume.");
        return StopSignal.EXIT_CODE;
      }
      if (s.failed() > 0) {
        progress.say(
            s.failed()
                + " slices have no caption, the last because "
                + s.lastFailure()
                + "; ask for them again by the same command and --resume.");
      }
      boolean none = s.written() + s.earlier() == 0 && !s.rejected().isEmpty();
      if (none) {
        progress.say(
            "No answer is a caption: see why in "
                + settings.rejected()
                + ", change --prompts or --model, and ask with --resume --ask-again.");
      }
      return none || s.failed() > 0 || !s.unreadable().isEmpty() ? Failure.DATA : 0;
    }
  }

  private static void print(CaptionSummary s, CaptionSettings settings, PrintWriter out) {
    out.printf("%d captions written to %s", s.written(), settings.output());
    out.println(s.earlier() > 0 ? "; " + s.earlier() + " were there before." : ".");
    if (!s.rejected().isEmpty()) {
      out.printf("Rejected answers: %s; see %s%n", s.rejected(), settings.rejected());
    }
    if (s.blank() > 0) {
      out.printf("%d slices of a single grey were not sent.%n", s.blank());
    }
    out.printf(
        Locale.ROOT,
        "%d requests answered, %d answers from the cache; %d tokens in, %d out",
        s.requests(),
        s.fromCache(),
        s.promptTokens(),
        s.completionTokens());
    if (s.uncounted() > 0) {
      out.printf(" (%d answers came without a count)", s.uncounted());
    }
    out.println(
        settings.prices().known() ? String.format(Locale.ROOT, "; cost %.4f.", s.cost()) : ".");
    out.println("What was sent: " + settings.log());
    out.flush();
  }
}
