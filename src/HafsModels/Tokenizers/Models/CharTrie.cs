namespace HafsModels.Tokenizers.Models;

/// <summary>Tokens by their characters, for finding all that begin at a place.</summary>
internal sealed class CharTrie
{
    private readonly Dictionary<(int Node, char Next), int> edges = [];
    private readonly List<int> ids = [-1];

    /// <summary>Adds a token; the last one of a spelling counts.</summary>
    public void Add(string token, int id)
    {
        int node = 0;
        foreach (char c in token)
        {
            if (!edges.TryGetValue((node, c), out int next))
            {
                next = ids.Count;
                ids.Add(-1);
                edges.Add((node, c), next);
            }

            node = next;
        }

        ids[node] = id;
    }

    /// <summary>Follows one character; false when no token goes on that way.</summary>
    /// <param name="node">The place in the trie, 0 at the start.</param>
    /// <param name="next">The character.</param>
    /// <param name="id">The token that ends here, or -1.</param>
    public bool Step(ref int node, char next, out int id)
    {
        bool found = edges.TryGetValue((node, next), out int to);
        node = found ? to : node;
        id = found ? ids[to] : -1;
        return found;
    }

    /// <summary>The longest token a text begins with: its id and its length, or -1 and 0.</summary>
    public (int Id, int Length) LongestAt(ReadOnlySpan<char> text)
    {
        (int longest, int length) = (-1, 0);
        int node = 0;
        for (int i = 0; i < text.Length && Step(ref node, text[i], out int id); i++)
        {
            if (id >= 0)
                (longest, length) = (id, i + 1);
        }

        return (longest, length);
    }
}
