namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>Commands of which each takes the value of the one before it as its last argument.</summary>
/// <param name="Variables">Variables that take the value; of a loop also two.</param>
/// <param name="Declares">Whether they are new (<c>:=</c>) or assigned (<c>=</c>).</param>
/// <param name="Commands">Each an operand, or a function with its arguments.</param>
internal sealed record GoPipeline(IReadOnlyList<string> Variables, bool Declares, IReadOnlyList<IReadOnlyList<GoOperand>> Commands)
{
    /// <summary>Names of fields that are read anywhere in it.</summary>
    public IEnumerable<string> Fields() => Commands.SelectMany(c => c).SelectMany(o => o.AllFields());
}
