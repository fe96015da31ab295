/** Tensors, automatic differentiation and the CPU and CUDA backends. */
module io.med3dinsight.engine {
  requires static jcublas;
  requires static jcuda;
  requires static jcudnn;
  requires static jdk.incubator.vector;
  requires io.med3dinsight.kernels;
  requires org.slf4j;

  exports io.med3dinsight.engine.autograd;
  exports io.med3dinsight.engine.cpu;
  exports io.med3dinsight.engine.cuda;
  exports io.med3dinsight.engine.cuda.nvidia;
  exports io.med3dinsight.engine.function;
  exports io.med3dinsight.engine.op;
  exports io.med3dinsight.engine.tensor;
}
