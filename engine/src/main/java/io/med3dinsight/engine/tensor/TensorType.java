package io.med3dinsight.engine.tensor;

/** What is known of a tensor before it exists: element type and shape. */
public record TensorType(DType dtype, Shape shape) {
  public static TensorType f32(Shape shape) {
    return new TensorType(DType.F32, shape);
  }

  public static TensorType f32(int... extents) {
    return new TensorType(DType.F32, Shape.of(extents));
  }

  public static TensorType i32(Shape shape) {
    return new TensorType(DType.I32, shape);
  }

  @Override
  public String toString() {
    return dtype + " " + shape;
  }
}
