package io.med3dinsight.engine.tensor;

import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.HostStorage;
import io.med3dinsight.engine.op.Add;
import io.med3dinsight.engine.op.Affine;
import io.med3dinsight.engine.op.BroadcastTo;
import io.med3dinsight.engine.op.Cast;
import io.med3dinsight.engine.op.Clamp;
import io.med3dinsight.engine.op.Concat;
import io.med3dinsight.engine.op.Div;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Exp;
import io.med3dinsight.engine.op.LeakyRelu;
import io.med3dinsight.engine.op.Log;
import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.op.Mul;
import io.med3dinsight.engine.op.Permute;
import io.med3dinsight.engine.op.Reshape;
import io.med3dinsight.engine.op.Sigmoid;
import io.med3dinsight.engine.op.Slice;
import io.med3dinsight.engine.op.Sqrt;
import io.med3dinsight.engine.op.Square;
import io.med3dinsight.engine.op.Sub;
import io.med3dinsight.engine.op.SumTo;
import io.med3dinsight.engine.op.Tanh;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A dense row-major array on a device: a shape and a view into shared storage. Tensors are
 * immutable but for the in-place steps of optimisers. They belong to a {@link Scope}, which frees
 * them.
 */
public final class Tensor {
  private final Device device;
  private final Storage storage;
  private final int offset;
  private final TensorType type;
  private Scope owner;
  private boolean freed;
  private boolean requiresGrad;
  private Tape.Origin origin;

  private Tensor(Device device, Storage storage, int offset, TensorType type) {
    this.device = device;
    this.storage = storage;
    this.offset = offset;
    this.type = type;
  }

  // ---- making tensors

  /** A tensor of undefined contents in the current scope. */
  public static Tensor empty(Device device, TensorType type) {
    Scope scope = Scope.current();
    Tensor t =
        new Tensor(device, device.backend().allocate(type.dtype(), type.shape().size()), 0, type);
    return scope.adopt(t);
  }

  /** A copy of {@code values}, row-major. */
  public static Tensor of(Device device, float[] values, int... extents) {
    Tensor t = empty(device, TensorType.f32(extents));
    t.copyFrom(values);
    return t;
  }

  /** A copy of {@code values}, row-major. */
  public static Tensor of(Device device, int[] values, int... extents) {
    Tensor t = empty(device, TensorType.i32(Shape.of(extents)));
    t.copyFrom(values);
    return t;
  }

  public static Tensor scalar(Device device, float value) {
    return full(device, value);
  }

  public static Tensor full(Device device, float value, int... extents) {
    Tensor t = empty(device, TensorType.f32(extents));
    t.storage().fill(t.offset, t.size(), value);
    return t;
  }

  public static Tensor zeros(Device device, int... extents) {
    return full(device, 0f, extents);
  }

  /** Another handle on the same memory with another shape and start, in the current scope. */
  public Tensor view(int start, Shape shape) {
    if (start < 0 || start + shape.size() > size()) {
      throw new ShapeException(
          "view " + shape + " from element " + start + " leaves tensor " + type);
    }
    Tensor t = new Tensor(device, storage(), offset + start, new TensorType(type.dtype(), shape));
    storage.retain();
    return Scope.current().adopt(t);
  }

  /**
   * Another handle on the same memory that no scope owns: the caller frees it with {@link #free}.
   */
  public Tensor share() {
    Tensor t = new Tensor(device, storage(), offset, type);
    storage.retain();
    return t;
  }

  // ---- what it is

  public Device device() {
    return device;
  }

  public TensorType type() {
    return type;
  }

  public Shape shape() {
    return type.shape();
  }

  public DType dtype() {
    return type.dtype();
  }

  public int size() {
    return type.shape().size();
  }

  public int rank() {
    return type.shape().rank();
  }

  /** Extent of an axis; negative axes count from the end. */
  public int dim(int axis) {
    return type.shape().dim(axis);
  }

  /** Whether no other handle shares this tensor's memory, so that it may be written in place. */
  public boolean exclusive() {
    return storage().references() == 1;
  }

  // ---- memory

  private Storage storage() {
    if (freed) {
      throw new IllegalStateException(
          "tensor "
              + type
              + " was freed with its scope; hand it out with Scope.keep before the scope closes");
    }
    return storage;
  }

  Scope owner() {
    return owner;
  }

  void owner(Scope scope) {
    owner = scope;
  }

  void release() {
    if (!freed) {
      freed = true;
      owner = null;
      storage.release();
    }
  }

  /** Frees this handle now instead of with its scope; calling it again does nothing. */
  public void free() {
    if (owner != null) {
      owner.free(this);
    } else {
      release();
    }
  }

  /**
   * The float array that holds a CPU tensor's elements from {@link #hostOffset}; for operations
   * only.
   */
  public float[] hostFloats() {
    return host().floats();
  }

  /**
   * The int array that holds a CPU tensor's elements from {@link #hostOffset}; for operations only.
   */
  public int[] hostInts() {
    return host().ints();
  }

  /** Where this tensor starts in {@link #hostFloats} or {@link #hostInts}. */
  public int hostOffset() {
    return host().base() + offset;
  }

  private HostStorage host() {
    if (storage() instanceof HostStorage h) {
      return h;
    }
    throw new IllegalStateException("tensor " + type + " is on " + device + ", not in host memory");
  }

  /**
   * The memory that holds this tensor's elements from {@link #storageOffset} on; for operations
   * only.
   */
  public Storage memory() {
    return storage();
  }

  /** Where this tensor starts in {@link #memory}. */
  public int storageOffset() {
    return offset;
  }

  /** A copy of the elements, row-major. */
  public float[] toFloats() {
    float[] values = new float[size()];
    storage().read(offset, values);
    return values;
  }

  /** A copy of the elements, row-major. */
  public int[] toInts() {
    int[] values = new int[size()];
    storage().read(offset, values);
    return values;
  }

  /** The value of a tensor with one element. */
  public float item() {
    if (size() != 1) {
      throw new ShapeException("item() needs one element, but the tensor is " + type);
    }
    return toFloats()[0];
  }

  /** Overwrites the elements; for parameters and input buffers. */
  public void copyFrom(float[] values) {
    checkLength(values.length);
    storage().write(offset, values);
  }

  /** Overwrites the elements; for input buffers. */
  public void copyFrom(int[] values) {
    checkLength(values.length);
    storage().write(offset, values);
  }

  private void checkLength(int length) {
    if (length != size()) {
      throw new ShapeException(length + " values given for a tensor " + type);
    }
  }

  // ---- automatic differentiation

  /** Marks a leaf whose gradient is wanted, and returns it. */
  public Tensor requireGrad() {
    requiresGrad = true;
    return this;
  }

  public boolean requiresGrad() {
    return requiresGrad;
  }

  /** Where on a tape this tensor was computed, or null; for the tape only. */
  public Tape.Origin origin() {
    return origin;
  }

  /** For the tape only. */
  public void origin(Tape.Origin o) {
    origin = o;
  }

  /** The same values, cut off from the tape. */
  public Tensor detach() {
    return view(0, shape());
  }

  /** The same elements under another shape; one extent may be -1. */
  public Tensor reshape(int... extents) {
    return Eager.run1(Reshape.to(shape(), extents), this);
  }

  /** The same values as another type of floating point numbers. */
  public Tensor cast(DType dtype) {
    return dtype() == dtype ? this : Eager.run1(new Cast(dtype), this);
  }

  // ---- arithmetic, under broadcasting

  public Tensor add(Tensor b) {
    return Eager.run1(new Add(), this, b);
  }

  public Tensor add(float b) {
    return Eager.run1(new Affine(1f, b), this);
  }

  public Tensor sub(Tensor b) {
    return Eager.run1(new Sub(), this, b);
  }

  public Tensor mul(Tensor b) {
    return Eager.run1(new Mul(), this, b);
  }

  public Tensor mul(float b) {
    return Eager.run1(new Affine(b, 0f), this);
  }

  public Tensor div(Tensor b) {
    return Eager.run1(new Div(), this, b);
  }

  public Tensor div(float b) {
    return mul(1f / b);
  }

  public Tensor neg() {
    return mul(-1f);
  }

  public Tensor square() {
    return Eager.run1(new Square(), this);
  }

  public Tensor sqrt() {
    return Eager.run1(new Sqrt(), this);
  }

  public Tensor exp() {
    return Eager.run1(new Exp(), this);
  }

  public Tensor log() {
    return Eager.run1(new Log(), this);
  }

  public Tensor clamp(float low, float high) {
    return Eager.run1(new Clamp(low, high), this);
  }

  public Tensor relu() {
    return leakyRelu(0f);
  }

  public Tensor leakyRelu(float slope) {
    return Eager.run1(new LeakyRelu(slope), this);
  }

  public Tensor sigmoid() {
    return Eager.run1(new Sigmoid(), this);
  }

  public Tensor tanh() {
    return Eager.run1(new Tanh(), this);
  }

  public Tensor matmul(Tensor b) {
    return MatMul.of(this, b);
  }

  // ---- reductions

  /** Sum of all elements, a scalar. */
  public Tensor sum() {
    return Eager.run1(new SumTo(Shape.of()), this);
  }

  /** Mean of all elements, a scalar. */
  public Tensor mean() {
    return sum().mul(1f / Math.max(1, size()));
  }

  /** Sum over {@code axes}, which stay with extent 1 or go. */
  public Tensor sum(boolean keepDims, int... axes) {
    Shape kept = shape();
    for (int a : axes) {
      kept = kept.with(a, 1);
    }
    Tensor y = Eager.run1(new SumTo(kept), this);
    if (keepDims) {
      return y;
    }
    boolean[] gone = new boolean[rank()];
    for (int a : axes) {
      gone[shape().axis(a)] = true;
    }
    return y.reshape(IntStream.range(0, rank()).filter(a -> !gone[a]).map(this::dim).toArray());
  }

  /** Mean over {@code axes}, which stay with extent 1 or go. */
  public Tensor mean(boolean keepDims, int... axes) {
    Tensor s = sum(keepDims, axes);
    return s.mul((float) s.size() / Math.max(1, size()));
  }

  // ---- shape

  /** Axes in another order: axis i of the result is axis {@code order[i]} of this. */
  public Tensor permute(int... order) {
    return Eager.run1(new Permute(Arrays.stream(order).boxed().toList()), this);
  }

  /** Two axes exchanged. */
  public Tensor transpose(int i, int j) {
    int[] order = IntStream.range(0, rank()).toArray();
    order[shape().axis(i)] = shape().axis(j);
    order[shape().axis(j)] = shape().axis(i);
    return permute(order);
  }

  /** The indices [from, to) along one axis. */
  public Tensor slice(int axis, int from, int to) {
    return Eager.run1(new Slice(axis, from, to), this);
  }

  /** The tensors one after the other along one axis. */
  public static Tensor concat(int axis, Tensor... parts) {
    return Eager.run1(new Concat(axis), parts);
  }

  /** The tensor repeated along axes of extent 1. */
  public Tensor broadcastTo(int... extents) {
    return Eager.run1(new BroadcastTo(Shape.of(extents)), this);
  }

  @Override
  public String toString() {
    return type + " on " + device;
  }
}
