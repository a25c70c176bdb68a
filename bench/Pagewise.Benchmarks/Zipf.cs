namespace Pagewise.Benchmarks;

/// <summary>Draws numbers below n so that the k-th most frequent one comes with a probability like k to the power of −s; which one that is, is shuffled.</summary>
internal sealed class Zipf
{
    private readonly double[] _sums;
    private readonly int[] _items;
    private readonly Random _random;

    public Zipf(int n, double s, int seed)
    {
        _random = new Random(seed);
        _sums = new double[n];
        double sum = 0;
        for (int k = 0; k < n; k++)
            _sums[k] = sum += Math.Pow(k + 1, -s);
        for (int k = 0; k < n; k++)
            _sums[k] /= sum;
        _items = [.. Enumerable.Range(0, n)];
        _random.Shuffle(_items);
    }

    public int Next()
    {
        int found = Array.BinarySearch(_sums, _random.NextDouble());
        return _items[Math.Min(found < 0 ? ~found : found, _items.Length - 1)];
    }
}
