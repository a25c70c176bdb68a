using System.Diagnostics;

namespace Pagewise.Architecture.Tests.Fixtures;

/// <summary>Reaches for what a model must not.</summary>
internal static class AmbientUser
{
    public static long Everything(Dictionary<int, long> values)
    {
        long sum = DateTime.Now.Ticks + Stopwatch.GetTimestamp() + Random.Shared.Next() + Environment.TickCount64;
        foreach ((int _, long value) in values)
            sum += value;
        Console.Out.Flush();
        return sum + typeof(AmbientUser).Assembly.GetTypes().Length + Environment.CurrentManagedThreadId;
    }
}
