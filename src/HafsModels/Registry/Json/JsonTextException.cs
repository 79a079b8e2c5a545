namespace HafsModels.Registry.Json;

/// <summary>A text that is no JSON; the message says where and what was expected.</summary>
internal sealed class JsonTextException(int line, int column, string message) : Exception($"line {line}, column {column}: {message}");
