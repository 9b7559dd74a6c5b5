//! What became of a file of a layer: which layer it is in, where that was not known when it was read, and which layer hides it:
//! a later one, or its own.

use std::collections::HashMap;

use super::base::Base;
use super::layers::{ImageLayers, LayerRef};
use super::paths::LayerPaths;
use super::store::Key;
use crate::date::Date;
use crate::finding::{Fate, State, ToldBy};
use crate::origin::{Origin, Step};

/// What is known once an image was read.
#[derive(Default)]
pub(super) struct Known {
    pub images: Vec<ImageLayers>,
    pub paths: HashMap<Key, LayerPaths>,
    /// Layers stand under their names in the archive, since they were read before the manifest.
    pub streamed: bool,
    /// Text that is the base image's.
    pub inherited: HashMap<Origin, ToldBy>,
    /// The base image, until it was held against the image.
    pub base: Option<Base>,
}

/// A layer by the image it is in and its place there.
type Place = (usize, usize);

/// A further name of a path, by a link to a folder above it: the layer that has the link, the name, and that of the link.
type Alias<'a> = (usize, Vec<u8>, &'a [u8]);

/// Further names of one path that are looked at: an image can have a link to one folder in each of its layers.
const ALIASES_MOST: usize = 64;

/// Images by their origins; attestations of several platforms can have one origin.
type ByOrigin<'a> = HashMap<&'a Origin, Vec<usize>>;

impl Known {
    /// What became of the bytes at each origin.
    pub fn fates(&self, wanted: &[Origin]) -> Vec<Vec<Fate>> {
        let index = self.by_origin();
        wanted.iter().map(|origin| self.fate(origin, &index)).collect()
    }

    fn by_origin(&self) -> ByOrigin<'_> {
        let mut index: ByOrigin<'_> = HashMap::new();
        for (number, image) in self.images.iter().enumerate() {
            index.entry(&image.origin).or_default().push(number);
        }
        index
    }

    fn fate(&self, origin: &Origin, index: &ByOrigin<'_>) -> Vec<Fate> {
        if let Some(told_by) = self.inherited.get(origin) {
            return vec![Fate { base: Some(*told_by), ..Fate::of(State::Inherited) }];
        }
        let Some((key, whole)) = self.layer_of(origin, index) else {
            let made = self.config_made(origin, index);
            return made.map(|day| Fate { made: Some(day), ..Fate::of(State::Live) }).into_iter().collect();
        };
        let (entry, without) = entry_of(whole.as_ref().unwrap_or(origin));
        let whole = without.or(whole);
        let file = whole.as_ref().unwrap_or(origin);
        let path = file.file_path();
        let known = self.paths.get(&key).zip(path);
        // Whoever lists a folder reads the names in it, whatever the mode of the files.
        let facts = known.filter(|_| entry > 0).and_then(|(paths, path)| paths.facts(path));
        let mut fates = vec![Fate { file: facts, origin: whole.clone(), ..self.fate_of(&key, path, entry) }];
        // What is in a file lies under each of its names.
        let others = known.into_iter().flat_map(|(paths, path)| paths.other_names(path, entry));
        fates.extend(others.map(|(name, entry)| {
            let origin = Some(renamed(file, name));
            Fate { file: facts, origin, ..self.fate_of(&key, Some(name), entry) }
        }));
        if let Some(path) = path.filter(|_| entry > 0) {
            fates.extend(
                self.under_later_names(&key, file, path, entry).into_iter().map(|fate| Fate { file: facts, ..fate }),
            );
        }
        if fates == [Fate::of(State::Live)] {
            fates.clear();
        }
        fates
    }

    /// What became of what entry `entry` of a path has in a layer; with 0 of the path itself.
    fn fate_of(&self, key: &Key, path: Option<&[u8]>, entry: u32) -> Fate {
        let hidden_by = path.and_then(|path| self.hidden_by(key, path, entry));
        let base = self.base_of(key);
        let state = match hidden_by {
            // A guess changes nothing.
            _ if base.is_some_and(|told_by| told_by != ToldBy::History) => State::Inherited,
            Some(_) => State::Hidden,
            None => State::Live,
        };
        let made = self.places(key).filter_map(|(image, number)| self.images[image].layers[number].made).min();
        Fate { hidden_by, base, made, ..Fate::of(state) }
    }

    /// What became of entry `entry` of a path under the names that later layers give it, as hard links: there it stays when its
    /// own name is removed.
    fn under_later_names(&self, key: &Key, file: &Origin, path: &[u8], entry: u32) -> Vec<Fate> {
        let mut fates: Vec<Fate> = Vec::new();
        if self.paths.get(key).is_some_and(|paths| paths.hides_own(path, entry)) {
            return fates;
        }
        for (image, number) in self.places(key) {
            let image = &self.images[image];
            let aliases = self.aliases(&image.layers, path);
            for (later, layer) in image.layers.iter().enumerate().skip(number + 1) {
                let names = self.paths.get(&layer.key).into_iter().flat_map(|paths| paths.names_of_earlier(path));
                for (name, entry) in names {
                    let origin = moved(file, image.layer_origin(later), name);
                    if fates.iter().all(|fate| fate.origin.as_ref() != Some(&origin)) {
                        let fate = self.fate_of(&layer.key, Some(name), entry);
                        fates.push(Fate { origin: Some(origin), ..fate });
                    }
                }
                if self.hides(&image.layers, later, (path, &aliases)) {
                    break;
                }
            }
        }
        fates
    }

    /// Further names of a path by links that layers of an image have to folders above it. Asked once for all that may hide it.
    fn aliases<'a>(&'a self, layers: &[LayerRef], path: &[u8]) -> Vec<Alias<'a>> {
        let made = layers.iter().enumerate().filter_map(|(number, layer)| Some((number, self.paths.get(&layer.key)?)));
        let aliases = made.flat_map(|(number, paths)| {
            paths.aliases(path).into_iter().map(move |(alias, link)| (number, alias, link))
        });
        aliases.take(ALIASES_MOST).collect()
    }

    /// Whether a layer hides what an earlier one has at a path, by that name or by one through a link to a folder.
    fn hides(&self, layers: &[LayerRef], later: usize, (path, aliases): (&[u8], &[Alias<'_>])) -> bool {
        let paths_of = |number: usize| self.paths.get(&layers[number].key);
        let Some(paths) = paths_of(later) else { return false };
        let is_there = |link: &[u8], since: usize| {
            !(since + 1..=later).any(|number| paths_of(number).is_some_and(|paths| paths.hides(link)))
        };
        // A link that the layer itself makes counts, too.
        let by_link = |(since, alias, link): &Alias<'_>| {
            *since <= later && paths.hides_below(alias, link) && is_there(link, *since)
        };
        paths.hides(path) || aliases.iter().any(by_link)
    }

    /// The day on which the config was made that an origin is.
    fn config_made(&self, origin: &Origin, index: &ByOrigin<'_>) -> Option<Date> {
        let config = std::iter::successors(Some(origin), |origin| origin.parent());
        let image = config.filter(|step| matches!(step.last(), Step::Config { .. })).find_map(Origin::parent)?;
        index.get(image)?.iter().filter_map(|&number| self.images[number].made).min()
    }

    /// The layer that an origin lies in, and the whole origin where it was read before the manifest.
    fn layer_of(&self, origin: &Origin, index: &ByOrigin<'_>) -> Option<(Key, Option<Origin>)> {
        let mut here = Some(origin);
        while let Some(step) = here {
            if let Step::Layer { digest, index: number, .. } = step.last() {
                let images = index.get(step.parent()?)?;
                let layers = images.iter().filter_map(|&image| self.images[image].layers.get(*number as usize));
                return Some((
                    layers.filter(|layer| layer.label == *digest).map(|layer| layer.key.clone()).next()?,
                    None,
                ));
            }
            here = step.parent();
        }
        if !self.streamed {
            return None;
        }
        let steps = origin.steps();
        let Some(Step::Path { path }) = steps.get(1) else { return None };
        let key = Key::Name(path.clone());
        let (image, number) = self.places(&key).next()?;
        let mut whole = self.images[image].layer_origin(number);
        for (depth, step) in steps[2..].iter().enumerate() {
            whole = whole.with(match step {
                Step::Member { path } if depth == 0 => Step::Path { path: path.clone() },
                step => (*step).clone(),
            });
        }
        Some((key, Some(whole)))
    }

    /// All places a layer has in images.
    fn places<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = Place> + 'a {
        self.images.iter().enumerate().flat_map(move |(number, image)| {
            let layers = image.layers.iter().enumerate();
            layers.filter(move |(_, layer)| layer.key == *key).map(move |(index, _)| (number, index))
        })
    }

    /// What says that a layer is the base image's in every image that has it; of several the least sure.
    fn base_of(&self, key: &Key) -> Option<ToldBy> {
        let told = self.places(key).map(|(image, number)| {
            let (layers, told_by) = self.images[image].inherited;
            (number < layers).then_some(told_by)
        });
        told.collect::<Option<Vec<ToldBy>>>()?.into_iter().max()
    }

    /// The layer that hides an entry of a layer, if it is hidden in every image that has the layer.
    fn hidden_by(&self, key: &Key, path: &[u8], entry: u32) -> Option<(u32, String)> {
        let is_hidden_here = self.paths.get(key).is_some_and(|paths| paths.hides_own(path, entry));
        let mut first = None;
        for (image, number) in self.places(key) {
            let layers = &self.images[image].layers;
            let index = match entry {
                _ if is_hidden_here => number,
                0 => self.gone_since(layers, number, path)?,
                _ => {
                    let aliases = self.aliases(layers, path);
                    (number + 1..layers.len()).find(|&later| self.hides(layers, later, (path, &aliases)))?
                }
            };
            first.get_or_insert_with(|| (u32::try_from(index).unwrap_or(u32::MAX), layers[index].label.clone()));
        }
        first
    }

    /// The layer after which nothing is at a path any more.
    fn gone_since(&self, layers: &[LayerRef], number: usize, path: &[u8]) -> Option<usize> {
        let mut gone = None;
        for (later, layer) in layers.iter().enumerate().skip(number + 1) {
            match self.paths.get(&layer.key) {
                Some(paths) if paths.has(path) => gone = None,
                Some(paths) if paths.hides(path) => gone = gone.or(Some(later)),
                _ => {}
            }
        }
        gone
    }
}

/// Which entry of its path an origin lies in, and the origin as it is shown, where that differs.
fn entry_of(origin: &Origin) -> (u32, Option<Origin>) {
    let steps = origin.steps();
    let Some((at, number)) = steps.iter().enumerate().find_map(|(at, step)| match step {
        Step::Entry { number } => Some((at, *number)),
        _ => None,
    }) else {
        return (1, None);
    };
    let mut kept = steps.into_iter().enumerate().filter(|(index, _)| *index != at).map(|(_, step)| step.clone());
    let first = kept.next().map(Origin::new);
    (number, first.map(|first| kept.fold(first, |origin, step| origin.with(step))))
}

/// The same place under another name of the file.
fn renamed(origin: &Origin, name: &[u8]) -> Origin {
    let steps = origin.steps();
    let file = steps.iter().position(|step| matches!(step, Step::Path { .. }));
    let mut steps = steps.into_iter().enumerate().map(|(index, step)| match step {
        Step::Path { .. } if Some(index) == file => Step::Path { path: name.to_vec() },
        step => step.clone(),
    });
    let first = steps.next().map_or_else(|| origin.clone(), Origin::new);
    steps.fold(first, |origin, step| origin.with(step))
}

/// The same place in a file that a layer has under another name.
fn moved(origin: &Origin, layer: Origin, name: &[u8]) -> Origin {
    let steps = origin.steps().into_iter().skip_while(|step| !matches!(step, Step::Path { .. })).skip(1);
    steps.fold(layer.with(Step::Path { path: name.to_vec() }), |origin, step| origin.with(step.clone()))
}
