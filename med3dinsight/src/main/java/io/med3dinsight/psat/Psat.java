package io.med3dinsight.psat;

import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.block.CrossAttentionBlock;
import io.med3dinsight.nn.layer.Embedding;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Linear;
import io.med3dinsight.nn.layer.Mlp;
import io.med3dinsight.slice.Plane;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The plane-slice-aware transformer (Med3DInsight, arXiv 2509.09064): given a volume's features, a
 * plane and a slice, it returns the embedding of that slice as seen from the volume. Learned query
 * tokens carry an embedding of the plane and a sinusoidal one of the slice's relative position s /
 * (S - 1); they look at each other and at the encoder's tokens, which carry 3D positions; their
 * mean is projected and scaled to length 1.
 *
 * <p>Shapes: N volumes, S slices of each, D H W extents of the features, C their channels, E width
 * of the embedding.
 */
public final class Psat extends Module {
  /**
   * A slice asked for.
   *
   * @param plane which plane
   * @param position where it lies along the plane's axis, 0 to 1
   */
  public record Query(Plane plane, double position) {}

  /**
   * Slices asked for, on a device: equally many for each volume, those of the first volume first.
   *
   * @param planes I32 [n]
   * @param positions sinusoidal codes of the positions [n,width]
   */
  public record Request(Tensor planes, Tensor positions) {
    /**
     * Asks for other slices, as many.
     *
     * @throws ShapeException when they are not as many
     */
    public void load(List<Query> slices) {
      if (slices.size() != planes.size()) {
        throw new ShapeException(
            "A request for "
                + planes.size()
                + " slices cannot ask for "
                + slices.size()
                + ": make another one.");
      }
      int width = positions.dim(1);
      float[] codes = new float[slices.size() * width];
      for (int i = 0; i < slices.size(); i++) {
        SinusoidalPosition.write(slices.get(i).position(), width / 2, codes, i * width);
      }
      planes.copyFrom(slices.stream().mapToInt(q -> q.plane().ordinal()).toArray());
      positions.copyFrom(codes);
    }
  }

  private final PsatSettings settings;
  private final Tensor queries;
  private final Embedding planes;
  private final Mlp position;
  private final Linear context;
  private final List<CrossAttentionBlock> blocks = new ArrayList<>();
  private final LayerNorm norm;
  private final Linear projection;

  /** Positions of features of these extents, kept: a recorded step goes on reading them. */
  private final Map<List<Integer>, Tensor> grids = new HashMap<>();

  private final Scope kept = Scope.detached();

  /**
   * @param channels of the features
   * @param embedding width E of the embeddings to be met
   */
  public Psat(Setup setup, PsatSettings settings, int channels, int embedding) {
    super(setup);
    this.settings = settings;
    int width = settings.width();
    queries = parameter("queries", Init.normal(0.02), settings.queries(), width);
    planes = register("planes", new Embedding(setup, Plane.values().length, width));
    position =
        register(
            "position",
            new Mlp(setup, width, width, width, io.med3dinsight.nn.layer.Activation.gelu()));
    context = register("context", new Linear(setup, channels, width));
    for (int i = 0; i < settings.layers(); i++) {
      blocks.add(
          register(
              "block" + i,
              new CrossAttentionBlock(setup, width, width, settings.heads(), 4 * width)));
    }
    norm = register("norm", new LayerNorm(setup, width));
    projection = register("projection", new Linear(setup, width, embedding));
  }

  /**
   * Embeddings [N*S,E] of length 1, the slices of the first volume first.
   *
   * @param features [N,D,H,W,C]
   * @param slices for each volume equally many slices
   * @throws ShapeException when there are not
   */
  public Tensor embed(Tensor features, List<List<Query>> slices) {
    int n = features.dim(0);
    int s = slices.isEmpty() ? 0 : slices.get(0).size();
    if (slices.size() != n || s == 0 || slices.stream().anyMatch(q -> q.size() != s)) {
      throw new ShapeException(
          "PSAT expects equally many slices for each of "
              + n
              + " volumes, but was given "
              + slices.stream().map(List::size).toList());
    }
    return Scope.tidy(
        () -> {
          Request request = request(n * s);
          request.load(slices.stream().flatMap(List::stream).toList());
          return embed(features, request);
        });
  }

  /** A request for n slices, to be loaded; owned by the scope. */
  public Request request(int n) {
    return new Request(
        Tensor.empty(device(), TensorType.i32(Shape.of(n))),
        Tensor.zeros(device(), n, settings.width()));
  }

  /**
   * Embeddings [n,E] of length 1 of the slices asked for.
   *
   * @param features [N,D,H,W,C], where N divides n
   */
  public Tensor embed(Tensor features, Request slices) {
    return Scope.tidy(
        () -> {
          Tensor seen = context(features);
          Tensor y = queries(slices);
          for (CrossAttentionBlock block : blocks) {
            y = block.call(y, seen);
          }
          Tensor e = projection.call(norm.call(y.mean(false, 1)));
          return normalized(e);
        });
  }

  /** Rows [N,E] scaled to length 1. */
  public static Tensor normalized(Tensor x) {
    return x.div(x.square().sum(true, -1).add(1e-12f).sqrt());
  }

  /** Encoder tokens with their positions [N,T,width], which all slices of a volume look at. */
  private Tensor context(Tensor features) {
    int n = features.dim(0);
    int d = features.dim(1);
    int h = features.dim(2);
    int w = features.dim(3);
    int width = settings.width();
    Tensor where = grid(d, h, w);
    return context.call(features.reshape(n, d * h * w, features.dim(4))).add(where);
  }

  private Tensor grid(int d, int h, int w) {
    return grids.computeIfAbsent(
        List.of(d, h, w),
        key -> {
          try (Scope s = Scope.open()) {
            float[] codes = SinusoidalPosition.grid(d, h, w, settings.width());
            return kept.adopt(Tensor.of(device(), codes, d * h * w, settings.width()));
          }
        });
  }

  /** Query tokens [N*S,Q,width]. */
  private Tensor queries(Request slices) {
    int count = slices.planes().size();
    int width = settings.width();
    Tensor y = queries.reshape(1, settings.queries(), width);
    if (settings.planeAware()) {
      y = y.add(planes.call(slices.planes()).reshape(count, 1, width));
    }
    if (settings.sliceAware()) {
      y = y.add(position.call(slices.positions()).reshape(count, 1, width));
    }
    return y.dim(0) == count ? y : y.broadcastTo(count, settings.queries(), width);
  }

  @Override
  public void close() {
    kept.close();
    super.close();
  }
}
