using Pagewise.Architecture.Tests.Fixtures.Loft;

namespace Pagewise.Architecture.Tests.Fixtures.Attic;

/// <summary>A high type that names another folder in a local's generic argument only.</summary>
internal sealed class Trunk<T>
{
    public static int Count()
    {
        List<Ladder[]> ladders = [];
        return ladders.Count;
    }

    public T? Held { get; init; }
}
