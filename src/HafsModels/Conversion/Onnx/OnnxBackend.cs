namespace HafsModels.Conversion.Onnx;

/// <summary>Where an exported model is meant to run.</summary>
public enum OnnxBackend
{
    /// <summary>A browser's processor: WebAssembly.</summary>
    Wasm,

    /// <summary>A browser's graphics card.</summary>
    WebGpu,

    /// <summary>ONNX Runtime outside a browser.</summary>
    Native,
}
