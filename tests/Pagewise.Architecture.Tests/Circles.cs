using Pagewise.Architecture.Tests.Metadata;

namespace Pagewise.Architecture.Tests;

/// <summary>Finds circles between namespaces, which are folders.</summary>
internal static class Circles
{
    /// <summary>One line for each shortest circle through each namespace that is in one, naming a pair of types a step.</summary>
    public static List<string> Find(IEnumerable<TypeUse> uses, Func<TypeName, bool> inScope)
    {
        var steps = new SortedDictionary<string, SortedDictionary<string, TypeUse>>(StringComparer.Ordinal);
        foreach (TypeUse use in uses.Where(use => inScope(use.From) && inScope(use.To) && use.From.Namespace != use.To.Namespace)
                     .OrderBy(use => use.ToString(), StringComparer.Ordinal))
        {
            if (!steps.TryGetValue(use.From.Namespace, out SortedDictionary<string, TypeUse>? next))
                steps[use.From.Namespace] = next = new SortedDictionary<string, TypeUse>(StringComparer.Ordinal);
            next.TryAdd(use.To.Namespace, use);
        }

        var circles = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string start in steps.Keys)
        {
            List<TypeUse>? circle = ShortestCircle(steps, start);
            if (circle is not null && circle.TrueForAll(use => string.CompareOrdinal(start, use.From.Namespace) <= 0))
                circles.Add(string.Join("; ", circle));
        }

        return [.. circles];
    }

    private static List<TypeUse>? ShortestCircle(SortedDictionary<string, SortedDictionary<string, TypeUse>> steps, string start)
    {
        var arrivedBy = new Dictionary<string, TypeUse>(StringComparer.Ordinal);
        var queue = new Queue<string>([start]);
        while (queue.TryDequeue(out string? at))
        {
            if (!steps.TryGetValue(at, out SortedDictionary<string, TypeUse>? next))
                continue;
            foreach ((string to, TypeUse use) in next)
            {
                if (!arrivedBy.TryAdd(to, use))
                    continue;
                if (to != start)
                {
                    queue.Enqueue(to);
                    continue;
                }

                List<TypeUse> circle = [use];
                while (circle[0].From.Namespace != start)
                    circle.Insert(0, arrivedBy[circle[0].From.Namespace]);
                return circle;
            }
        }

        return null;
    }
}
