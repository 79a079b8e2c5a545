namespace HafsModels.Conversion.Onnx;

/// <summary>The page that lies in every folder for Transformers.js: it loads the model beside it, continues a prompt and says how fast.</summary>
internal static class OnnxTestPage
{
    /// <summary>Name of its file.</summary>
    public const string FileName = "test.html";

    /// <summary>Its bytes.</summary>
    public static byte[] Bytes()
    {
        using Stream stream = typeof(OnnxTestPage).Assembly.GetManifestResourceStream("conversion/onnx/test-page.html")!;
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
