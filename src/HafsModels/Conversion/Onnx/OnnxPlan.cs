namespace HafsModels.Conversion.Onnx;

/// <summary>What an ONNX export would write; known exactly before any weight is read.</summary>
/// <param name="Source">Folder of the checkpoint.</param>
/// <param name="OutputPath">Full path of the folder that would be written.</param>
/// <param name="Family">Model family.</param>
/// <param name="Layout">Which files lie beside the model.</param>
/// <param name="Models">The models, one for each type.</param>
/// <param name="SourceBytes">Bytes of weights that would be read for one of them.</param>
/// <param name="OutputBytes">Bytes of everything that would be written.</param>
/// <param name="ParameterCount">Elements over all tensors.</param>
/// <param name="OutputExists">Whether one of the models exists already.</param>
/// <param name="Warnings">What the user should know before it is done.</param>
public sealed record OnnxPlan(
    string Source, string OutputPath, string Family, OnnxLayout Layout, IReadOnlyList<OnnxPlannedModel> Models, long SourceBytes, long OutputBytes, long ParameterCount, bool OutputExists, IReadOnlyList<string> Warnings);
