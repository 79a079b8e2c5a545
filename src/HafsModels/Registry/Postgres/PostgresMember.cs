using HafsModels.Registry.Json;

namespace HafsModels.Registry.Postgres;

/// <summary>One member of <c>models</c>, of the registry or of its sidecar, and its row.</summary>
/// <param name="Document">0 for the registry, 1 for the sidecar.</param>
/// <param name="Position">Where it stands among the others.</param>
/// <param name="Revision">The write that made it so.</param>
/// <param name="Member">The member.</param>
internal sealed record PostgresMember(short Document, long Position, long Revision, JsonMember Member);
