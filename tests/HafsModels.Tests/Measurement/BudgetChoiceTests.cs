using HafsModels.Measurement;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Measurement;

public sealed class BudgetChoiceTests
{
    [Theory]
    [InlineData(1, 32)]
    [InlineData(2, 4096)]
    [InlineData(3, 7)]
    public void Nothing_that_fits_costs_less(int seed, int unit)
    {
        var random = new Random(seed);
        for (int round = 0; round < 20; round++)
        {
            TypeCandidate[][] tensors = [.. Enumerable.Range(0, 5).Select(_ => Candidates(random, unit))];
            long smallest = tensors.Sum(t => t.Min(c => c.Bytes)), largest = tensors.Sum(t => t.Max(c => c.Bytes));
            long budget = random.NextInt64(smallest, largest + 1);
            int[] chosen = BudgetChoice.Pick(tensors, budget);
            Assert.True(Bytes(tensors, chosen) <= budget);
            Assert.Equal(All(tensors).Where(c => Bytes(tensors, c) <= budget).Min(c => Cost(tensors, c)), Cost(tensors, chosen), 1e-12);
        }
    }

    [Fact]
    public void A_budget_too_large_for_the_grid_is_still_kept_and_spent()
    {
        var random = new Random(5);
        TypeCandidate[][] tensors = [.. Enumerable.Range(0, 300).Select(_ => Candidates(random, 1_000_003))];
        long smallest = tensors.Sum(t => t.Min(c => c.Bytes)), largest = tensors.Sum(t => t.Max(c => c.Bytes)), budget = (smallest + largest) / 2;
        int[] chosen = BudgetChoice.Pick(tensors, budget);
        Assert.InRange(Bytes(tensors, chosen), budget - (largest - smallest) / 100, budget);

        // The best that fractions of tensors could do bounds what whole ones can.
        Assert.InRange(Cost(tensors, chosen), 0, 1.02 * Cost(tensors, BudgetChoice.Pick(tensors, budget - (largest - smallest) / 200)));
    }

    [Fact]
    public void The_smallest_budget_takes_the_smallest_and_an_endless_one_the_best()
    {
        var random = new Random(7);
        TypeCandidate[][] tensors = [.. Enumerable.Range(0, 9).Select(_ => Candidates(random, 32))];
        Assert.All(BudgetChoice.Pick(tensors, tensors.Sum(t => t[0].Bytes)), k => Assert.Equal(0, k));
        Assert.Equal(tensors.Select(t => t.Length - 1), BudgetChoice.Pick(tensors, long.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => BudgetChoice.Pick(tensors, tensors.Sum(t => t[0].Bytes) - 1));
    }

    // Each larger than the one before, and better.
    private static TypeCandidate[] Candidates(Random random, int unit)
    {
        long bytes = 0;
        double cost = random.NextDouble() * 100;
        return [.. Enumerable.Range(0, 4).Select(_ => new TypeCandidate(GgmlType.Q4_K, bytes += random.Next(1, 20) * unit, cost *= random.NextDouble()))];
    }

    private static IEnumerable<int[]> All(TypeCandidate[][] tensors) => tensors.Aggregate(
        (IEnumerable<int[]>)[[]], (some, tensor) => some.SelectMany(chosen => Enumerable.Range(0, tensor.Length).Select(k => (int[])[.. chosen, k])));

    private static long Bytes(TypeCandidate[][] tensors, int[] chosen) => chosen.Select((k, t) => tensors[t][k].Bytes).Sum();

    private static double Cost(TypeCandidate[][] tensors, int[] chosen) => chosen.Select((k, t) => tensors[t][k].Cost).Sum();
}
