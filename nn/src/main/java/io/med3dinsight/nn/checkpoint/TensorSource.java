package io.med3dinsight.nn.checkpoint;

import io.med3dinsight.engine.tensor.Shape;
import java.io.Closeable;
import java.nio.file.Path;
import java.util.Set;

/**
 * A file of named tensors that is open for reading. Its directory is checked on opening; elements
 * are read one tensor at a time, so that memory is bounded by the largest tensor that is really
 * there. Axes are in the order of the file, which for PyTorch's files is PyTorch's.
 */
public interface TensorSource extends Closeable {
  /** The file that this was opened from. */
  Path path();

  /** Names of the tensors. */
  Set<String> names();

  /**
   * Shape of a tensor as stored.
   *
   * @throws CheckpointException when it is not there
   */
  Shape shape(String name);

  /**
   * Type of a tensor as stored, in the words of safetensors: "F32", "BF16", "I64" and the like.
   *
   * @throws CheckpointException when it is not there
   */
  String dtype(String name);

  /** Whether a tensor holds floating-point numbers. */
  boolean floating(String name);

  /**
   * Elements of a floating-point tensor, row-major; float64 is rounded.
   *
   * @throws CheckpointException when the tensor is not there or holds integers
   */
  float[] floats(String name);

  /**
   * Elements of an integer or boolean tensor, row-major.
   *
   * @throws CheckpointException when the tensor is not there or holds floating-point numbers
   */
  long[] longs(String name);

  @Override
  void close();
}
