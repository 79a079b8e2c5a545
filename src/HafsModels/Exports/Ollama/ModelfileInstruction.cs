namespace HafsModels.Exports.Ollama;

/// <summary>One instruction of a Modelfile.</summary>
/// <param name="Name">Its name in capitals: one of <see cref="Modelfile.InstructionNames"/>.</param>
/// <param name="Key">Name of the parameter or role of the message; empty for other instructions.</param>
/// <param name="Value">Its value, without the quotes around it.</param>
public sealed record ModelfileInstruction(string Name, string Key, string Value);
