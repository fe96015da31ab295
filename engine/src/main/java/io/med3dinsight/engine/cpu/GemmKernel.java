package io.med3dinsight.engine.cpu;

/** The inner part of a matrix product. */
public interface GemmKernel {
  /** Number of columns of a packed panel of B. */
  int columns();

  /** B can be read in place when its number of columns is a multiple of this. */
  int vector();

  /** Computes one block. */
  void multiply(GemmPanel p);
}
