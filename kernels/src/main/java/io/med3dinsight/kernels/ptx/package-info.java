/**
 * A PTX parser and simulator: executes the compiled kernels lane by lane in Java and checks every
 * memory access, barrier and warp-level operation, so that kernels can be tested where there is no
 * GPU. Start at {@link io.med3dinsight.kernels.ptx.SimulatedGpu}.
 */
package io.med3dinsight.kernels.ptx;
