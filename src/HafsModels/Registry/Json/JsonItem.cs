namespace HafsModels.Registry.Json;

/// <summary>
/// One value of a JSON text whose spelling is kept: numbers and strings stay as they were written, members stay in their order, and the
/// literals Python writes (<c>NaN</c>, <c>Infinity</c>, <c>-Infinity</c>) are allowed. System.Text.Json can do none of the three.
/// Items are immutable, so a parsed registry may be shared by any number of readers while an edit shares all it does not touch.
/// </summary>
internal abstract class JsonItem;
