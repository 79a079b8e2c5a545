namespace HafsModels.Conversion.Onnx;

/// <summary>Which files lie beside an exported model, and how they are called.</summary>
public enum OnnxLayout
{
    /// <summary>For Transformers.js: <c>onnx/model_q4.onnx</c>, config.json that states caches and external data, tokenizer, model card.</summary>
    TransformersJs,

    /// <summary>For onnxruntime-genai: <c>model.onnx</c>, genai_config.json, tokenizer.</summary>
    GenAi,
}
