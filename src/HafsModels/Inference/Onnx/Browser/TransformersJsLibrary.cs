using System.Text.Json;
using HafsModels.Formats;
using HafsModels.Tokenizers;

namespace HafsModels.Inference.Onnx.Browser;

/// <summary>An installed npm package @huggingface/transformers, to be served to the page: nothing is loaded from the network then.</summary>
/// <param name="ScriptFolder">Folder of the library's script.</param>
/// <param name="RuntimeFolder">Folder of ONNX Runtime's WebAssembly files.</param>
/// <param name="Version">Version of the package.</param>
internal sealed record TransformersJsLibrary(string ScriptFolder, string RuntimeFolder, string Version)
{
    /// <summary>Environment variable that names the package's folder.</summary>
    public const string Variable = "HAFS_TRANSFORMERS_JS";

    /// <summary>The script that holds all of the library.</summary>
    public const string Script = "transformers.min.js";

    private const int MaxBytes = 1 << 20;

    /// <summary>Finds the package; null when none is named, which means the network.</summary>
    /// <exception cref="HafsException">What is named is no such package.</exception>
    public static TransformersJsLibrary? Find(string? folder)
    {
        folder ??= Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } stated ? stated : null;
        if (folder is null)
            return null;
        folder = Path.GetFullPath(folder);
        string scripts = Path.Combine(folder, "dist"), description = Path.Combine(folder, "package.json");
        if (!File.Exists(Path.Combine(scripts, Script)) || !File.Exists(description))
            throw new HafsException(ErrorKind.NotFound, "TransformersJsNotFound", $"{folder}: is no npm package @huggingface/transformers: dist/{Script} is missing", folder, "npm install @huggingface/transformers");
        using JsonDocument package = JsonFile.Read(description, MaxBytes, "TransformersJsPackage", "TransformersJsPackage");
        string version = package.RootElement.Text("version") ?? "";

        // Version 3 carries its runtime; version 4 takes the package beside it.
        string[] places = [scripts, Path.Combine(folder, "node_modules", "onnxruntime-web", "dist"), Path.Combine(folder, "..", "onnxruntime-web", "dist"), Path.Combine(folder, "..", "..", "onnxruntime-web", "dist")];
        string runtime = places.FirstOrDefault(p => Directory.Exists(p) && Directory.EnumerateFiles(p, "ort-wasm*.wasm").Any())
            ?? throw new HafsException(ErrorKind.NotFound, "TransformersJsNotFound", $"{folder}: the package onnxruntime-web that it needs is not beside it", folder, "npm install @huggingface/transformers");
        return new TransformersJsLibrary(scripts, Path.GetFullPath(runtime), version);
    }
}
