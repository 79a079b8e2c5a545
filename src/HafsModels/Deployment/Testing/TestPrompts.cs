namespace HafsModels.Deployment.Testing;

/// <summary>The prompts of a test that names none: short and long, text, questions, numbers, code, other alphabets.</summary>
internal static class TestPrompts
{
    public static IReadOnlyList<TestPrompt> BuiltIn { get; } =
    [
        new() { Text = "In the beginning" },
        new() { Text = "Once upon a time there was" },
        new() { Text = "What is the capital of France?" },
        new() { Text = "Count from one to ten, and then back again: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 9, 8," },
        new() { Text = "def fibonacci(n):\n    if n < 2:\n        return n\n" },
        new() { Text = "Übersetze: Der Mond scheint — „schön“; 日本語も。" },
        new()
        {
            Text = "Continue this text. And the king said unto his servants, Behold, the day is far spent, and the men that went out to the field in the morning are not returned; "
                + "arise therefore, and take lamps, and go forth by the way of the river until ye come to the bridge, and if ye find them there, say unto them, The king hath prepared bread and meat, and",
        },
        new()
        {
            Text = "Summarize: Four score and seven years ago our fathers brought forth on this continent, a new nation, conceived in Liberty, and dedicated to the proposition that all men are created "
                + "equal. Now we are engaged in a great civil war, testing whether that nation, or any nation so conceived and so dedicated, can long endure.",
        },
    ];
}
