using Xunit;

namespace HafsModels.Tests;

/// <summary>
/// Programs of others that tests compare with, named by environment variables. A test that lacks its peer is reported as skipped; with
/// <c>HAFS_REQUIRE_PEERS=1</c> it fails.
/// </summary>
internal static class Peers
{
    /// <summary>Folder with llama-quantize and its kin (<c>HAFS_LLAMA_BIN</c>).</summary>
    public static string LlamaBin => Require("HAFS_LLAMA_BIN", Directory.Exists);

    /// <summary>Path of libggml-base.so (<c>HAFS_GGML</c>).</summary>
    public static string Ggml => Require("HAFS_GGML", File.Exists);

    /// <summary>Folder that holds node_modules (<c>HAFS_NODE_PEERS</c>).</summary>
    public static string NodePeers => Require("HAFS_NODE_PEERS", Directory.Exists);

    /// <summary>Folder with initdb, postgres and psql (<c>HAFS_POSTGRES_BIN</c>).</summary>
    public static string PostgresBin => Require("HAFS_POSTGRES_BIN", Directory.Exists);

    /// <summary>Path of OpenSSH's server (<c>HAFS_SSHD</c>).</summary>
    public static string Sshd => Require("HAFS_SSHD", File.Exists);

    /// <summary>The Go compiler (<c>HAFS_GO</c>), whose text/template Ollama uses.</summary>
    public static string Go => Require("HAFS_GO", File.Exists);

    /// <summary>ONNX Runtime's native library, which npm's onnxruntime-node carries (<c>HAFS_ONNXRUNTIME</c>).</summary>
    public static string OnnxRuntime => Require("HAFS_ONNXRUNTIME", File.Exists);

    /// <summary>A browser of the Chromium family (<c>HAFS_BROWSER</c>).</summary>
    public static string Browser => Require("HAFS_BROWSER", File.Exists);

    /// <summary>The npm package @huggingface/transformers of a major version, among the node modules.</summary>
    public static string TransformersJs(int version)
    {
        string folder = Path.Combine(NodePeers, "node_modules", version == 3 ? "transformers-3" : Path.Combine("@huggingface", "transformers"));
        bool isThere = Directory.Exists(folder);
        if (!isThere && Environment.GetEnvironmentVariable("HAFS_REQUIRE_PEERS") == "1")
            Assert.Fail($"{folder} does not exist");
        Skip.IfNot(isThere, $"{folder} does not exist");
        return folder;
    }

    private static string Require(string variable, Func<string, bool> exists)
    {
        string? path = Environment.GetEnvironmentVariable(variable);
        bool isThere = path is not null && exists(path);
        string reason = path is null ? $"{variable} is not set" : $"{variable} names {path}, which does not exist";
        if (!isThere && Environment.GetEnvironmentVariable("HAFS_REQUIRE_PEERS") == "1")
            Assert.Fail(reason);
        Skip.IfNot(isThere, reason);
        return path!;
    }
}
