/**
 * CUDA as it is on this machine: NVIDIA's driver, cuBLAS and cuDNN, by way of JCuda. Nothing here
 * is loaded before a CUDA device or a report about one is asked for, and only this package imports
 * JCuda, so that the engine runs where JCuda, the driver or the libraries are missing.
 */
package io.med3dinsight.engine.cuda.nvidia;
